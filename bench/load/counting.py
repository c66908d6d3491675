"""Pushers of which each counts its pushes, and writes down what was answered and when."""

import base64
import http.client
import random
import threading
import time
from dataclasses import dataclass
from typing import Optional
from urllib.parse import quote

FAMILY = "counted_pushes_total"
JOB = "cluster faults"
PACE_SECONDS = 1.0
# Which push it is, for the log of the balancer between.
PUSH_HEADER = "X-Counted-Push"


@dataclass(frozen=True)
class Push:
    """Times are seconds of the wall clock, as Prometheus' are. The status is None where there was no answer."""

    pusher: str
    number: int
    sent: float
    answered: float
    status: Optional[int]
    text: str = ""

    @property
    def acknowledged(self):
        return self.status == 200

    @property
    def name(self):
        return f"{self.pusher}-{self.number}"


def grouping_labels(index):
    """Of every third group: job and pusher alone. The others have more, whose order in the URL is of no account."""
    labels = {"pusher": f"p{index:02}"}
    if index % 3:
        labels |= {"zone": f"eu/{index % 4}", "team": ("gorilla", "größe", "")[index // 3 % 3]}
    if index % 3 == 2:
        labels |= {"instance": f"host-{index}:8080"}
    return labels


def push_path(labels, order):
    """One of the many URLs of a group."""
    pairs = list(labels.items())
    order.shuffle(pairs)
    return "/metrics/" + "/".join(_pair(name, value, order) for name, value in [("job", JOB), *pairs])


def _pair(name, value, order):
    if value and "/" not in value and order.random() < 0.7:
        return f"{name}/{quote(value, safe='')}"
    encoded = base64.urlsafe_b64encode(value.encode()).decode()
    return f"{name}@base64/{encoded.rstrip('=') or '='}"


class CountingPusher(threading.Thread):
    """Has one group, and puts the number of the push into it, about once a second, or when the push before was answered.

    A quiet one does so in calm times alone: what a fault takes from it, no later push brings back.
    """

    def __init__(self, index, port, seed, calm, stop, patience):
        super().__init__(name=f"pusher-{index}", daemon=True)
        self.labels = grouping_labels(index)
        self.pusher = self.labels["pusher"]
        self.quiet = index % 5 == 0
        self.pushes = []
        self._port, self._order, self._calm, self._halt, self._patience = port, random.Random(f"{seed} {index}"), calm, stop, patience
        self._connection = None

    def run(self):
        due = time.monotonic() + self._order.random() * PACE_SECONDS
        while not self._halt.wait(max(0.0, due - time.monotonic())):
            # A late push is not made up for by two at once. A steady beat would meet the same node each time: the turns have one, too.
            due = max(due + self._order.uniform(0.8, 1.2) * PACE_SECONDS, time.monotonic())
            if not self.quiet or self._calm.is_set():
                self.pushes.append(self._push(len(self.pushes) + 1))
        if self._connection:
            self._connection.close()

    def body(self, number):
        return f"# TYPE {FAMILY} counter\n{FAMILY} {number}\n"

    def _push(self, number):
        sent = time.time()
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._patience)
            body = self.body(number).encode()
            headers = {"Content-Type": "text/plain; version=0.0.4", PUSH_HEADER: f"{self.pusher}-{number}"}
            self._connection.request("PUT", push_path(self.labels, self._order), body, headers)
            answer = self._connection.getresponse()
            text = answer.read().decode(errors="replace")
            return Push(self.pusher, number, sent, time.time(), answer.status, "" if answer.status == 200 else text[:300])
        except (OSError, http.client.HTTPException) as broken:
            self._connection.close()
            self._connection = None
            return Push(self.pusher, number, sent, time.time(), None, repr(broken))

    def acknowledged(self):
        """The number of the newest push that was answered 200; 0 if there is none."""
        return next((push.number for push in reversed(self.pushes) if push.acknowledged), 0)
