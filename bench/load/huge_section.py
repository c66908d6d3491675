"""Pushes and jobs far larger than usual, and what clients who push to other groups notice of them. Silverback alone, or both builds of it."""

import gzip
import http.client
import threading
import time
from urllib.parse import quote

from figures import Figure, Section, number
from push_sections import BATCH_ROUNDS
from pushes import push
from run import say
from scrapes import scrape
from servers import SILVERBACK

FLAGS = (
    "--limits.max-body-size=1GiB", "--limits.max-inflated-size=1GiB", "--limits.push-timeout=10m", "--limits.query-timeout=30m",
    "--web.enable-admin-api")
FAMILIES = 20
PUSHES_A_SECOND = 10
BYSTANDER_GROUPS = 50
PATIENCE = 1800


class Bystander:
    """A client that pushes ten series ten times a second; a push counts from when it was planned."""

    def __init__(self, port):
        self._port, self._millis, self._failure = port, [], None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._push_for_ever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def take(self):
        """Milliseconds of the pushes since the last call."""
        if self._failure:
            raise self._failure
        taken, self._millis = self._millis, []
        return taken

    def _push_for_ever(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
            start, pushes = time.monotonic(), 0
            while not self._ended.is_set():
                planned = start + pushes / PUSHES_A_SECOND
                time.sleep(max(0, planned - time.monotonic()))
                body = "".join(f"bystander_{i} {pushes + i}\n" for i in range(10))
                connection.request("PUT", f"/metrics/job/bystander/instance/{pushes % BYSTANDER_GROUPS}", body)
                answer = connection.getresponse()
                if answer.read() or answer.status != 200:
                    raise RuntimeError(f"a push was answered {answer.status}")
                self._millis.append(1000 * (time.monotonic() - planned))
                pushes += 1
        except (RuntimeError, OSError, http.client.HTTPException) as failure:
            self._failure = failure


def huge_body(series, offset, more=0):
    each = series // FAMILIES
    lines = []
    for family in range(FAMILIES):
        name = f"huge_{family}"
        lines.append(f"# HELP {name} What a job counted.\n# TYPE {name} gauge\n")
        last = each + (more if family == FAMILIES - 1 else 0)
        lines.extend(
            f'{name}{{customer="customer-{i:07d}",region="region-{i % 17}",service="checkout-{i % 301}",kind="interactive"}} {3 * i + offset}\n'
            for i in range(last))
    return "".join(lines).encode()


def send(process, method, path, body=b"", headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=PATIENCE)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status not in (200, 202):
        raise RuntimeError(f"{process.server.name}: {method} {path} answered {answer.status}: {text[:300]!r}")


def huge(run):
    say("huge pushes and jobs")
    series, groups = run.sizes.huge_series, run.sizes.huge_groups
    bodies = run.bodies("batch", groups, BATCH_ROUNDS)
    rows, cost = [], {}
    for name in run.names(SILVERBACK):
        with run.alone(name, *FLAGS) as process, Bystander(process.port) as bystander:
            cost[name] = Figure()

            def row(what, action, process=process, bystander=bystander, name=name):
                bystander.take()
                started, cpu = time.monotonic(), process.cpu_seconds()
                action()
                seconds, cpu = time.monotonic() - started, process.cpu_seconds() - cpu
                others = Figure(bystander.take() or [0])
                rows.append([
                    name, what, number(seconds), number(cpu), number(others.median), number(max(others.values)),
                    *(f"{megabytes:.0f}" for megabytes in process.memory_megabytes())])
                say("    " + " | ".join(rows[-1][1:]))

            for what, offset, more in (
                    ("a first push", 0, 0), ("the same series again", 1, 0), ("and again", 2, 0), ("one series more", 3, 1), ("the same series again", 4, 1)):
                body = huge_body(series, offset, more)
                row(f"{what}, {len(body) / 1e6:.0f} MB", lambda body=body, process=process: send(process, "PUT", "/metrics/job/huge", body))
            packed = gzip.compress(huge_body(series, 0), 1)
            row(f"a first push in gzip, {len(packed) / 1e6:.0f} MB", lambda: send(process, "PUT", "/metrics/job/packed", packed, {"Content-Encoding": "gzip"}))
            row("a delete of the first", lambda: send(process, "DELETE", "/metrics/job/huge"))
            row("a delete of the other", lambda: send(process, "DELETE", "/metrics/job/packed"))
            stored = f"{groups:,} groups, {groups * bodies.series:,} series"
            row(f"first pushes to one job: {stored}", lambda: cost[name].add(pushed(process, bodies.round(0))))
            row("a push of other values to each", lambda: pushed(process, bodies.scattered(groups, groups, 1)))
            row("a scrape without compression", lambda: scrape(process, settles=False))
            row("a scrape in gzip", lambda: scrape(process, gzip=True, settles=False))
            row("the same again", lambda: scrape(process, gzip=True, settles=False))
            everything = "/api/v1/admin/delete_groups?match[]=" + quote('{job="nightly-etl"}')
            row("a delete of the job by a selector", lambda: send(process, "POST", everything))
    return Section(
        "Huge pushes and jobs",
        f"One server, and a client that meanwhile pushes ten series to {BYSTANDER_GROUPS} groups of another job, {PUSHES_A_SECOND} times a second. First one group of "
        f"{series:,} series in {FAMILIES} families, as one body; then one job of {groups:,} groups. Seconds and CPU seconds of the work, what that client waited for a "
        "push from when it was planned, median and at most, in ms, and RSS and its peak so far in MB.",
        ["server", "work", "s", "CPU s", "other push, ms", "at most", "RSS MB", "peak MB"], rows, [], {"us CPU/first push to a huge job": cost})


def pushed(process, plan):
    done = push(process, plan, PATIENCE)
    if done.cut:
        raise RuntimeError(f"{process.server.name}: {done.pushes} of {done.planned} pushes in {PATIENCE} s")
    return done.cpu_seconds / done.pushes * 1e6
