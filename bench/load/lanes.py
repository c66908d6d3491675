"""Pushers: worker processes with lanes, each a thread with a kept-alive connection, and groups that only it writes to.

A group has one writer that waits for each answer, so at any moment it can be in two states at most: the one that was
acknowledged last, and the one that the request under way makes.
"""

import http.client
import multiprocessing
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Optional

from kinds import DELETION, JOB, Write


@dataclass
class Group:
    name: str
    kind: object
    number: int = 0
    state: Optional[dict] = None
    under_way: Optional[Write] = None
    # (family, number) of this window that the history has to show.
    acknowledged: list = field(default_factory=list)


@dataclass(frozen=True)
class Sighting:
    """What is known of a group when its lane ended. It may be in any of `states`, of which the first was acknowledged."""

    name: str
    states: tuple
    number: int
    acknowledged: list


class Fixed:
    """Groups that stay, pushed by turns, with a pause of some seconds after each push.

    By turns, as of two pushes of a group in one millisecond the history keeps the second.
    """

    def __init__(self, name, kind, count, pause=0.0):
        self.groups, self.pause, self.turn = [Group(f"{name}-{i}", kind) for i in range(count)], pause, 0

    def next(self):
        self.turn = (self.turn + 1) % len(self.groups)
        return self.groups[self.turn]

    def forget(self):
        pass


class Fresh:
    """A new group each time; the oldest are deleted and never come back."""

    def __init__(self, name, kind, most):
        self.name, self.kind, self.most = name, kind, most
        self.made, self.groups, self.pause = 0, [], 0.0

    def next(self):
        alive = [group for group in self.groups if group.state and not group.under_way]
        if len(alive) > self.most:
            alive[0].kind = DELETION
            return alive[0]
        self.made += 1
        self.groups.append(Group(f"{self.name}-{self.made}", self.kind))
        return self.groups[-1]

    def forget(self):
        """Drops deleted groups but for the newest ones. If a forgotten one comes back, it is a group that nobody pushed."""
        gone = [group.name for group in self.groups if not group.state and not group.under_way]
        forgotten = set(gone[:-50])
        self.groups = [group for group in self.groups if group.name not in forgotten]


class Lane(threading.Thread):
    """Pushes to its groups until the connection breaks, or until it is told to stop."""

    def __init__(self, port, groups, ledger, stop):
        super().__init__(daemon=True)
        self.port, self.groups, self.ledger, self.stop = port, groups, ledger, stop

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            while not self.stop.is_set():
                group = self.groups.next()
                if group.under_way:
                    # Its answer was neither yes nor no: it is left alone until the next check.
                    time.sleep(0.001)
                else:
                    self.push(connection, group)
                    self.stop.wait(self.groups.pause)
        except (OSError, http.client.HTTPException):
            # This is how a kill looks from here.
            pass
        finally:
            connection.close()

    def push(self, connection, group):
        group.number += 1
        write = group.under_way = group.kind.write(group.number, group.state)
        path = f"/metrics/job/{JOB}/group/{group.name}"
        connection.request(write.method, path, write.body, {"Content-Type": "text/plain; version=0.0.4"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status in (200, 202):
            group.state, group.under_way = write.state, None
            self.ledger["acknowledged"] += 1
            if write.witness:
                group.acknowledged.append((write.witness, group.number))
            return
        self.ledger[f"refused: {answer.status} {text[:200].decode(errors='replace')}"] += 1
        if answer.status < 500:
            group.under_way = None


class Pusher:
    """A worker process with lanes. Its groups live there; what is known of them comes over a pipe after each window."""

    def __init__(self, *lanes):
        self.pipe, inner = multiprocessing.Pipe()
        self._stop = multiprocessing.Event()
        self.process = multiprocessing.Process(target=self._work, args=(inner, self._stop, lanes), daemon=True)
        self.process.start()

    def push(self, port):
        """Starts to push, until that server is gone or `stop` is called."""
        self._stop.clear()
        self.pipe.send(port)

    def stop(self):
        """Lets each lane wait for its answer, and end."""
        self._stop.set()

    def ended(self):
        """Waits for that: what is known of the groups, and how many requests were answered how."""
        return self.pipe.recv()

    def settle(self, shown):
        """Tells in which state the groups are: name -> state."""
        self.pipe.send(shown)

    @staticmethod
    def _work(pipe, stop, lanes):
        while True:
            port = pipe.recv()
            ledgers = [Counter() for _ in lanes]
            threads = [Lane(port, groups, ledger, stop) for groups, ledger in zip(lanes, ledgers)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            members = [group for groups in lanes for group in groups.groups]
            pipe.send(([_sighting(group) for group in members], sum(ledgers, Counter())))
            shown = pipe.recv()
            for group in members:
                group.state, group.under_way, group.acknowledged = shown.get(group.name), None, []
            for groups in lanes:
                groups.forget()


def _sighting(group):
    states = (group.state, group.under_way.state) if group.under_way else (group.state,)
    return Sighting(group.name, states, group.number, group.acknowledged)
