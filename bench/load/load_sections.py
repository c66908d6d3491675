"""What happens over time: a load that lasts, the first seconds after a start, a store that grows, a crowd. Silverback alone, or both builds of it."""

import http.client
import subprocess
import threading

from figures import Figure, Goal, Section, known, number
from push_sections import BATCH_ROUNDS, FLINK_ROUNDS, micros
from pushes import push
from run import say
from scrapes import scrape
from servers import BENCH, SILVERBACK

# As many bodies as the client keeps in its memory.
SUSTAINED_PROCESSES = 20
SUSTAINED_MEMORY = "--storage.max-memory=1GiB"
# No server takes more, so that the plan outlasts the time.
MOST_SAMPLES_A_SECOND = 10_000_000
FIRST_SECONDS = 10
CROWD_PERIOD = 5
CROWD_SECONDS = 60


class EachSecond:
    """What an action returned, once a second, as long as this is open."""

    def __init__(self, action):
        self._action = action
        self.seen = []
        self._failure = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._act, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, *rest):
        self._ended.set()
        self._thread.join()
        if self._failure and not kind:
            raise self._failure

    def _act(self):
        try:
            while not self._ended.wait(1):
                self.seen.append(self._action())
        except (RuntimeError, OSError, http.client.HTTPException) as failure:
            self._failure = failure


def sustained(run):
    say("sustained Flink samples")
    seconds = run.sizes.sustained_seconds
    bodies = run.bodies("flink", SUSTAINED_PROCESSES, FLINK_ROUNDS)
    rounds = [line for round_index in range(1, FLINK_ROUNDS + 1) for line in bodies.round(round_index)]
    plan = rounds * (1 + seconds * MOST_SAMPLES_A_SECOND // bodies.series // len(rounds))
    rows, cost, tail = [], {}, {}
    for name in run.names(SILVERBACK):
        with run.alone(name, SUSTAINED_MEMORY) as process, EachSecond(lambda: process.memory_megabytes()[0]) as memory:
            done = push(process, plan, seconds)
            process.settle()
            kept = process.own_metrics()
        samples = done.pushes * bodies.series
        cost[name], tail[name] = Figure([micros(done, bodies.series)]), Figure([done.p99_millis])
        history = sum(value for metric, value in kept.items() if metric.startswith("silverback_storage_allocated_bytes{") and 'pages"' in metric)
        half = memory.seen[len(memory.seen) // 2:]
        rows.append([
            name, number(samples / done.seconds / 1000), number(samples / 1e6), str(cost[name]), number(done.p50_millis), str(tail[name]), number(half[0]), number(max(half)),
            number(history / 1e6)])
    return Section(
        "A load that lasts",
        f"{bodies.groups} processes push {bodies.series:,} series each, {FLINK_ROUNDS} different bodies of each in turn, for {seconds} s over 4 connections, as fast "
        f"as the answers come, with {SUSTAINED_MEMORY} and an hour of history; the client is on the same cores. Goal: 1,000 thousand samples a second.",
        ["server", "1,000 samples/s", "million samples", "us CPU/sample", "p50 ms", "p99 ms", "RSS MB after half of the time", "RSS MB at most after that", "history, MB"],
        rows, [], {"us CPU/sample": cost, "p99 ms": tail})


def first_seconds(run):
    say("first seconds after a start")
    sizes = run.sizes
    flink = run.bodies("flink", sizes.flink_processes, FLINK_ROUNDS)
    again = [line for round_index in range(1, FLINK_ROUNDS + 1) for line in flink.round(round_index)]
    rows, cost, tail = [], {}, {}
    for name in run.names(SILVERBACK):
        keeps = f"--persistence.file={run.folder / f'first-{len(rows)}'}"
        with run.alone(name, keeps) as process:
            push(process, flink.round(0), 4 * sizes.fill_seconds)
        with run.alone(name, keeps) as process:
            done = push(process, again * 50, FIRST_SECONDS)
            cost[name], tail[name] = Figure([micros(done, flink.series)]), Figure([done.p99_millis])
            rows.append([
                name, number(process.ready_seconds), number(done.pushes * flink.series / done.seconds / 1000), str(cost[name]),
                number(done.p50_millis), str(tail[name])])
    return Section(
        "The first seconds after a start",
        f"A server is started with a store of {flink.groups} processes of {flink.series:,} series each, and gets their next pushes from the moment on when it is "
        f"ready, for {FIRST_SECONDS} s over 4 connections, as fast as the answers come. A push that is refused would end the run.",
        ["server", "ready s", "1,000 samples/s", "us CPU/sample", "p50 ms", "p99 ms"], rows, [], {"us CPU/sample": cost, "p99 ms": tail})


def growth(run):
    say("a store that grows")
    sizes = run.sizes
    ladder = sizes.growth_groups
    bodies = run.bodies("batch", ladder[-1], BATCH_ROUNDS)
    rows, costs = [], {size: {} for size in ladder}
    for name in run.names(SILVERBACK):
        with run.alone(name) as process:
            stored = 0
            for size in ladder:
                say(f"  {size:,} groups")
                first = push(process, bodies.round(0, range(stored, size)), 8 * sizes.fill_seconds)
                stored += first.pushes
                if first.cut:
                    break
                if size == ladder[0]:
                    push(process, bodies.scattered(50 * sizes.small_pushes, size, 1), sizes.warm_seconds)
                costs[size][name] = Figure()
                rows.append([name, f"{size * bodies.series:,}", *grown(process, bodies, size, first, sizes, costs[size][name])])
    least, most = costs[ladder[0]].get(SILVERBACK), costs[ladder[-1]].get(SILVERBACK)
    flat = most.median / least.median if known(least, most) else None
    return Section(
        "A store that grows",
        f"Groups of {bodies.series} series: us of CPU a first push (of those that were new since the row above) and of a push to a stored group, in random order and with "
        "new values; its slowest in ms; then us of CPU per series of a scrape without compression, of one in gzip, and of the same again, and the seconds that they took.",
        ["server", "series stored", "first push", "push", "slowest of these, ms", "identity, us/series", "s", "gzip", "s", "gzip again", "s", "RSS MB"],
        rows, [Goal(f"small push at {ladder[-1] * bodies.series:,} series, against {ladder[0] * bodies.series:,}", 1.2, "x", flat)],
        {f"us CPU/push at {size * bodies.series:,} series": cost for size, cost in costs.items()})


def grown(process, bodies, size, first, sizes, cost):
    slowest = 0
    for repetition in range(sizes.repetitions):
        done = push(process, bodies.scattered(sizes.small_pushes, size, 1 + 7 * repetition), 4 * sizes.measure_seconds)
        cost.add(micros(done))
        slowest = max(slowest, done.most_millis)
    scrapes = [scrape(process), scrape(process, gzip=True), scrape(process, gzip=True)]
    series = size * bodies.series
    told = [text for each in scrapes for text in (number(each.cpu_seconds / series * 1e6), number(each.seconds))]
    return [number(micros(first)), str(cost), number(slowest), *told, f"{process.memory_megabytes()[0]:.0f}"]


def crowd(run):
    say("a crowd of pushers")
    clients, large, period = run.sizes.crowd, max(1, run.sizes.crowd // 100), CROWD_PERIOD
    seconds = min(CROWD_SECONDS, run.sizes.sustained_seconds)
    rows = []
    for name in run.names(SILVERBACK):
        with run.alone(name) as process:
            def scraped(process=process):
                return scrape(process, gzip=True, settles=False).seconds

            with EachSecond(scraped) as first, EachSecond(scraped) as second:
                before = process.cpu_seconds()
                client = subprocess.run(
                    [str(BENCH / "bin" / "java"), "-Xmx2g", "io.silverback.bench.CrowdOfPushers", str(process.port), str(clients), str(large), str(period),
                     str(seconds)], capture_output=True, text=True, check=True)
                cpu = process.cpu_seconds() - before
            scrapes = Figure(first.seen + second.seen)
            for line in client.stdout.splitlines():
                kind, *pairs = line.split()
                seen = {key: float(value) for key, value in (pair.split("=") for pair in pairs)}
                rows.append([
                    name, f"{clients if kind == 'small' else large:,} {kind}", number(seen["pushes"]), number(seen["refused"]),
                    *[number(seen[share]) for share in ("p50", "p99", "p999", "most")], str(scrapes),
                    number(100 * cpu / seconds)])
    return Section(
        "A crowd of pushers",
        f"{clients:,} clients with ten series each and {large} with a Flink body, each on a connection of its own, push once in {period} s for "
        f"{seconds} s, while two clients scrape all in gzip every second. A push counts from when it was planned, so that none "
        "is left out that had to wait for another one; the clients are on the same cores. In ms, and the seconds of a scrape.",
        ["server", "clients", "pushes", "refused", "p50", "p99", "p99.9", "slowest", "scrape s", "% of a core"], rows, [])
