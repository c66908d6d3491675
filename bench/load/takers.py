"""Clients that ask the nodes themselves, without a balancer, how soon a push of any group is taken."""

import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

# Of three leaders, one has none of them once in 17,000 times.
GROUPS = 24
# A node answers within its push budget, which is 8 s.
REQUEST_SECONDS = 12.0
PACE_SECONDS = 0.5
RETRY_SECONDS = 0.1
JOB = "takers"


class Takers:
    """A fixed set of groups, one client each."""

    def __init__(self):
        self._rounds = 0

    def prepare(self, nodes, limit):
        """Pushes each group once, so that no later push of it brings a new series."""
        with self.begin(nodes, limit) as slowest:
            if slowest() is None:
                raise RuntimeError(f"not every group could be pushed within {limit:.0f} s")

    @contextmanager
    def begin(self, nodes, limit):
        """Pushes each group again and again. What it gives ends that, and is the time of the slowest push in seconds, None if it failed."""
        self._rounds += 1
        enough, stop = threading.Event(), threading.Event()

        def client(group):
            node, slowest = nodes[(self._rounds + group) % len(nodes)], 0.0
            while True:
                seconds = _push(node, group, limit, stop)
                if seconds is None:
                    return None
                slowest = max(slowest, seconds)
                if enough.wait(PACE_SECONDS):
                    return slowest

        def end():
            enough.set()
            seconds = [each.result() for each in pushing]
            return None if None in seconds else max(seconds)

        with ThreadPoolExecutor(GROUPS) as clients:
            try:
                pushing = [clients.submit(client, group) for group in range(GROUPS)]
                yield end
            finally:
                enough.set()
                stop.set()


def _push(node, group, limit, stop):
    """Seconds until it was taken, None where it never was."""
    began = time.monotonic()
    while not stop.is_set() and time.monotonic() - began < limit:
        if _is_taken(node, group):
            return time.monotonic() - began
        stop.wait(RETRY_SECONDS)
    return None


def _is_taken(node, group):
    host, port = node.address.split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=REQUEST_SECONDS)
    try:
        connection.request("PUT", f"/metrics/job/{JOB}/taker/t{group:02}", b"taken_pushes 1\n")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
