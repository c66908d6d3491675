"""What nodes show of themselves while faults come and go: memory, remote write's lag, and what it gave up."""

import re
import threading
import time
from collections import defaultdict
from dataclasses import dataclass

LAG = re.compile(rb"^silverback_remote_storage_lag_seconds\{.*\} (\S+)$", re.MULTILINE)
COUNTED = re.compile(rb"^silverback_remote_storage_samples_((?:failed|dropped|retried)_total)\{(.*)\} (\S+)$", re.MULTILINE)
# Of a machine that does other things, too.
EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Look:
    """At one node: what is resident now and was at most so far, and the lag of the target that is furthest behind; None where the node did not answer."""

    second: float
    resident_bytes: int
    most_bytes: int
    lag: float | None


class Watch(threading.Thread):
    """Looks at each node about once a second."""

    def __init__(self, nodes, stop):
        super().__init__(name="watch", daemon=True)
        self.nodes, self._halt = nodes, stop
        self.looks = defaultdict(list)
        # (node, its start, what, labels) -> how often.
        self._counts = {}

    def run(self):
        while not self._halt.is_set():
            began = time.monotonic()
            for node in self.nodes:
                if look := self._look(node):
                    self.looks[node.name].append(look)
            self._halt.wait(max(0.05, began + EVERY_SECONDS - time.monotonic()))

    def _look(self, node):
        memory = _memory(node)
        if memory is None:
            return None
        page, start = node.get("/metrics"), node.starts
        if page is None:
            return Look(time.time(), *memory, None)
        for what, labels, value in COUNTED.findall(page):
            self._counts[node.name, start, what.decode(), labels.decode()] = float(value)
        lags = [float(value) for value in LAG.findall(page)]
        return Look(time.time(), *memory, max(lags, default=None))

    def counted(self):
        """failed_total and the like -> samples of all nodes and starts; what was counted in the last second of a process that was killed may be missing."""
        sums = defaultdict(int)
        for (_, _, what, _), value in self._counts.items():
            sums[what] += int(value)
        return dict(sums)

    def lags_are_below(self, seconds, since):
        """Whether each node was looked at three times since then, and its lag was that small each time."""
        return all(
            len(looks := [look for look in self.looks[node.name][-3:] if look.second > since]) == 3
            and all(look.lag is not None and look.lag <= seconds for look in looks)
            for node in self.nodes)

    def resident_bytes(self, began, ended):
        """Of the node that has most, at most."""
        return max((look.resident_bytes for looks in self.looks.values() for look in looks if began <= look.second < ended), default=0)

    def most_bytes(self):
        """The same of all the time, however short it was."""
        return max((look.most_bytes for looks in self.looks.values() for look in looks), default=0)


def _memory(node):
    """Bytes resident now and at most so far; None where no process is."""
    try:
        with open(f"/proc/{node.child.pid}/status") as status:
            fields = dict(line.split(":", 1) for line in status if ":" in line)
        return tuple(int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))
    except (OSError, KeyError):
        return None
