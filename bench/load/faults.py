"""The faults that a cluster has to bear, and how long each is felt."""

import threading
import time
from dataclasses import dataclass
from typing import Optional

from nodes import shown_by_all
from run import say
from timelines import LOST, OLDER, Finding, Outage

KILL = "kill"
KILL_LOSE = "kill-lose-store"
PAUSES = {"pause-3": 3, "pause-10": 10, "pause-15": 15}
RESTART = "restart"
RESTART_LOSE = "restart-lose-store"
KILL_ALL = "kill-all"
ROLLING = "rolling-restart"
# Whether the node hears its peers, and whether they hear it.
CUTS = {"cut-10": (False, False), "deaf-10": (False, True), "mute-10": (True, False)}
CUT_SECONDS = 10
KINDS = (KILL, KILL_LOSE, *PAUSES, RESTART, RESTART_LOSE, KILL_ALL, ROLLING, *CUTS)
# How a node is lost after a rolling restart, and for how long.
LOSSES = (KILL, RESTART, "pause-10", *CUTS)
LOST_SECONDS = 10
DESCRIPTIONS = {
    KILL: "kill -9, back with its store", KILL_LOSE: "kill -9, back without it", "pause-3": "SIGSTOP for 3 s", "pause-10": "SIGSTOP for 10 s",
    "pause-15": "SIGSTOP for 15 s", RESTART: "SIGTERM, back with its store", RESTART_LOSE: "SIGTERM, back without it",
    KILL_ALL: "kill -9 of all at once, back with their stores", ROLLING: "two restarts, each awaited by /-/ready alone, and then one node lost",
    "cut-10": "cut off from its peers for 10 s",
    "deaf-10": "hears no peer for 10 s", "mute-10": "heard by no peer for 10 s"}

QUIET_SECONDS = 1.5
POLL_SECONDS = 0.1


@dataclass
class Fault:
    """What one did. Seconds are from its first signal to the end of what they name; None is not within the limit."""

    kind: str
    node: str
    began: float
    exposed_seconds: Optional[float] = None
    ready_seconds: Optional[float] = None
    settled_seconds: Optional[float] = None


class Cluster:
    """The nodes under test, as their pushers and faults see them."""

    def __init__(self, nodes, pushers, calm, patience, order):
        self.nodes, self.pushers, self.calm, self.patience, self.order = nodes, pushers, calm, patience, order
        self.faults, self.outages, self.findings = [], [], []

    def await_that(self, holds, limit):
        """Whether it came to hold within so many seconds."""
        deadline = time.monotonic() + limit
        while not holds():
            dead = [node for node in self.nodes if node.asked and node.ended()]
            if dead:
                raise RuntimeError(f"a node ended by itself, see its log: node={dead[0].name} code={dead[0].child.returncode}")
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def all_ready(self):
        return all(node.is_ready() for node in self.nodes)

    def all_settled(self):
        return all(node.is_settled() for node in self.nodes)

    def floors(self):
        return {pusher.pusher: number for pusher in self.pushers if (number := pusher.acknowledged())}

    def await_exposed(self, floors, began):
        """Seconds until the pages of the nodes that can answer show every group, as acknowledged or newer."""
        if self.await_that(lambda: not self._missing(floors), self.patience):
            return time.time() - began
        shown = shown_by_all(self.nodes)
        for pusher in self._missing(floors):
            value = shown.get(pusher)
            text = f"{floors[pusher]} was acknowledged, but after {self.patience:.0f} s the nodes' pages show {'nothing' if value is None else value}"
            self.findings.append(Finding(LOST if value is None else OLDER, began, pusher, text))
        return None

    def _missing(self, floors):
        shown = shown_by_all(self.nodes)
        return [pusher for pusher, number in floors.items() if shown.get(pusher, 0) < number]

    def leading(self):
        """Nodes that show groups: a fault of another would be felt by nobody."""
        return [node for node in self.nodes if node.shown()] or self.nodes

    def perform(self, kind, node):
        self.calm.clear()
        time.sleep(QUIET_SECONDS)
        name = "all" if kind == KILL_ALL else node.name
        fault = Fault(kind, name, time.time())
        self.faults.append(fault)
        say(f"{DESCRIPTIONS[kind]}: {name}")
        if kind in PAUSES:
            self._for_a_while(fault, PAUSES[kind], node.pause, node.resume)
        elif kind in CUTS:
            self._for_a_while(fault, CUT_SECONDS, lambda: node.wires.cut(node.name, *CUTS[kind]), lambda: node.wires.mend(node.name))
        elif kind == KILL_ALL:
            self._kill_all(fault)
        elif kind == ROLLING:
            self._roll(fault)
        elif kind in (KILL, KILL_LOSE):
            self._kill(fault, node)
        else:
            self._restart(fault, node)
        fault.ready_seconds = self._since(fault, self.all_ready)
        fault.settled_seconds = self._since(fault, self.all_settled) if fault.ready_seconds else None
        self.calm.set()
        told = ", ".join(f"{name} after {'never' if seconds is None else f'{seconds:.2f} s'}" for name, seconds in (
            ("exposed", fault.exposed_seconds), ("ready", fault.ready_seconds), ("settled", fault.settled_seconds)))
        say(f"  {told}")

    def _since(self, fault, holds):
        return time.time() - fault.began if self.await_that(holds, self.patience) else None

    def _kill(self, fault, node):
        floors = self.floors()
        fault.began = time.time()
        node.kill()
        fault.exposed_seconds = self.await_exposed(floors, fault.began)
        time.sleep(self.order.uniform(0.5, 3))
        if fault.kind == KILL_LOSE:
            node.lose_store()
        node.start(self.nodes)

    def _for_a_while(self, fault, seconds, begin, end):
        floors = self.floors()
        fault.began = time.time()
        begin()
        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            fault.exposed_seconds = self.await_exposed(floors, fault.began)
        finally:
            timer.join()

    def _restart(self, fault, node):
        floors = self.floors()
        fault.began = time.time()
        seconds, by_itself = node.terminate()
        say(f"  ended {'by itself' if by_itself else 'only by kill -9'} after {seconds:.2f} s")
        fault.exposed_seconds = self.await_exposed(floors, fault.began)
        if fault.kind == RESTART_LOSE:
            node.lose_store()
        node.start(self.nodes)

    def _roll(self, fault):
        """To wait for /-/ready alone is safe: what comes next may be the loss of any node, at any moment."""
        for node in self.order.sample(self.nodes, 2):
            node.terminate()
            node.start(self.nodes)
            if not self.await_that(node.is_ready, self.patience):
                self.findings.append(Finding(LOST, time.time(), node.name, f"not ready {self.patience:.0f} s after its restart"))
        after = self.order.choice((0, self.order.uniform(0, 10)))
        losses = [loss for loss in LOSSES if loss not in CUTS or node.wires.can_cut]
        lost, loss = self.order.choice(self.nodes), self.order.choice(losses)
        say(f"  {after:.1f} s later: {loss} of {lost.name}")
        time.sleep(after)
        if loss in CUTS:
            self._for_a_while(fault, LOST_SECONDS, lambda: lost.wires.cut(lost.name, *CUTS[loss]), lambda: lost.wires.mend(lost.name))
        elif loss in PAUSES:
            self._for_a_while(fault, LOST_SECONDS, lost.pause, lost.resume)
        else:
            self._for_a_while(fault, LOST_SECONDS, lost.kill if loss == KILL else lost.terminate, lambda: lost.start(self.nodes))

    def _kill_all(self, fault):
        floors = self.floors()
        fault.began = time.time()
        for node in self.nodes:
            node.kill()
        time.sleep(self.order.uniform(0.5, 3))
        for node in self.nodes:
            node.start(self.nodes)
        # What is not back by then counts: as lost groups, and as pushes that are not answered.
        self.await_that(self.all_ready, self.patience)
        self.outages.append(Outage(fault.began, time.time()))
        fault.exposed_seconds = self.await_exposed(floors, fault.began)
