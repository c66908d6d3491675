"""The faults that a cluster has to bear, and how long each is felt."""

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Optional

from nodes import shown_by_all
from run import say
from takers import Takers
from timelines import LOST, OLDER, Finding, Outage

KILL = "kill"
KILL_LOSE = "kill-lose-store"
PAUSES = {"pause-3": 3, "pause-10": 10, "pause-15": 15}
RESTART = "restart"
RESTART_LOSE = "restart-lose-store"
KILL_ALL = "kill-all"
ROLLING = "rolling-restart"
DRAIN = "drain"
SCALE = "scale"
FLAP = "flap"
# Moves that somebody wanted, so that the cluster could prepare them.
PLANNED = (RESTART, DRAIN, SCALE)
# Whether the node hears its peers, and whether they hear it.
CUTS = {"cut-10": (False, False), "deaf-10": (False, True), "mute-10": (True, False)}
CUT_SECONDS = 10
# How often a node that flaps is killed, and from one of these to the next.
FLAPS, FLAP_SECONDS = 5, 11.0
KINDS = (KILL, KILL_LOSE, *PAUSES, RESTART, RESTART_LOSE, KILL_ALL, ROLLING, DRAIN, SCALE, FLAP, *CUTS)
# How a node is lost after a rolling restart, at the least for how long, and how long after the second node is ready.
LOSSES = (KILL, RESTART, "pause-10", *CUTS)
LOST_SECONDS = 10
# One that lives on leads until its lease has ended, so a shorter loss would prove nothing.
SHORTEST_SECONDS = {KILL: 0, RESTART: 0, "pause-10": 4, **dict.fromkeys(CUTS, 4)}
MOST_SECONDS_AFTER_READY = 10
DESCRIPTIONS = {
    KILL: "kill -9, back with its store", KILL_LOSE: "kill -9, back without it", "pause-3": "SIGSTOP for 3 s", "pause-10": "SIGSTOP for 10 s",
    "pause-15": "SIGSTOP for 15 s", RESTART: "SIGTERM, back with its store", RESTART_LOSE: "SIGTERM, back without it",
    KILL_ALL: "kill -9 of all at once, back with their stores", ROLLING: "restarts, each awaited by /-/ready alone, and then one node lost",
    FLAP: f"kill -9 {FLAPS} times within a minute, each time back with its store", DRAIN: "drained, and back", SCALE: "two more nodes, which are drained and ended again",
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
    taken_seconds: Optional[float] = None
    ready_seconds: Optional[float] = None
    settled_seconds: Optional[float] = None
    ended: bool = False


@dataclass(frozen=True)
class Round:
    """What follows two restarts: which node is lost how, how many seconds after it could be, and at the least for how long."""

    lost: object
    loss: str
    after: float
    seconds: float


class Cluster:
    """The nodes under test, as their pushers and faults see them."""

    def __init__(self, nodes, spares, pushers, calm, patience, order):
        self.nodes, self.spares, self.pushers, self.calm, self.patience, self.order = nodes, spares, pushers, calm, patience, order
        self.faults, self.outages, self.findings = [], [], []
        self.takers = Takers()

    def await_that(self, holds, limit):
        """Whether it came to hold within that many seconds."""
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

    def await_exposed(self, floors, began, nodes=None):
        """Seconds until the pages of these nodes, or of all that can answer, show every group, as acknowledged or newer."""
        nodes = nodes or self.nodes
        if self.await_that(lambda: not self._missing(floors, nodes), self.patience):
            return time.time() - began
        shown = shown_by_all(nodes)
        for pusher in self._missing(floors, nodes):
            value = shown.get(pusher)
            text = f"{floors[pusher]} was acknowledged, but after {self.patience:.0f} s the nodes' pages show {'nothing' if value is None else value}"
            self.findings.append(Finding(LOST if value is None else OLDER, began, pusher, text))
        return None

    def _missing(self, floors, nodes):
        shown = shown_by_all(nodes)
        return [pusher for pusher, number in floors.items() if shown.get(pusher, 0) < number]

    def leading(self):
        """Nodes that show groups: a fault of another would be felt by nobody."""
        return [node for node in self.nodes if node.shown()] or self.nodes

    def perform(self, kind, node):
        self._perform(kind, node.name, lambda fault: self._begin(fault, kind, node))

    def roll_short(self, rounds, half):
        """Each kind of loss in turn, of each node in turn: mostly at the moment at which the restarted node is ready.

        A round restarts one node, and the round before was its first restart; only the first round has two. `half` is called after
        half of the rounds.
        """
        losses = self._losses()
        self.order.shuffle(losses)
        moments = [0.0] * (rounds - rounds // 3) + [self.order.uniform(0, MOST_SECONDS_AFTER_READY / 2) for _ in range(rounds // 3)]
        self.order.shuffle(moments)
        # The one that was restarted or lost longest ago is the next.
        turns = deque(self.order.sample(self.nodes, len(self.nodes)))
        for number in range(rounds):
            if number == rounds // 2:
                half()
            restarted = [turns.popleft() for _ in range(1 if number else 2)]
            turns.extend(restarted)
            loss = losses[number % len(losses)]
            then = Round(turns[number % len(turns)], loss, moments[number], SHORTEST_SECONDS[loss])
            self._perform(ROLLING, then.lost.name, lambda fault, nodes=restarted, then=then: self._roll(fault, nodes, then))
            if then.loss in (KILL, RESTART):
                turns.remove(then.lost)
                turns.append(then.lost)

    def _perform(self, kind, name, begin):
        self.calm.clear()
        time.sleep(QUIET_SECONDS)
        fault = Fault(kind, "all" if kind == KILL_ALL else name, time.time())
        self.faults.append(fault)
        say(f"{DESCRIPTIONS[kind]}: {fault.node}")
        begin(fault)
        fault.ready_seconds = self._since(fault, self.all_ready)
        fault.settled_seconds = self._since(fault, self.all_settled) if fault.ready_seconds else None
        fault.ended = True
        self.calm.set()
        told = ", ".join(f"{name} after {'never' if seconds is None else f'{seconds:.2f} s'}" for name, seconds in (
            ("exposed", fault.exposed_seconds), ("ready", fault.ready_seconds), ("settled", fault.settled_seconds)))
        taken = "" if fault.taken_seconds is None else f"slowest push {fault.taken_seconds:.2f} s, "
        say(f"  {taken}{told}")

    def _begin(self, fault, kind, node):
        if kind in PAUSES:
            self._for_a_while(fault, PAUSES[kind], node.pause, node.resume)
        elif kind in CUTS:
            self._for_a_while(fault, CUT_SECONDS, lambda: node.wires.cut(node.name, *CUTS[kind]), lambda: node.wires.mend(node.name))
        elif kind == KILL_ALL:
            self._kill_all(fault)
        elif kind == ROLLING:
            self._roll(fault, self.order.sample(self.nodes, 2), self._any_round())
        elif kind == DRAIN:
            self._drain(fault, node)
        elif kind == SCALE:
            self._scale(fault)
        elif kind == FLAP:
            self._flap(fault, node)
        elif kind in (KILL, KILL_LOSE):
            self._kill(fault, node)
        else:
            self._restart(fault, node)

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

    def _flap(self, fault, node):
        """It may be killed before it is ready, while others give slots back to it, or while it leads again."""
        floors = self.floors()
        fault.began = time.time()
        for number in range(FLAPS):
            time.sleep(max(0.0, fault.began + number * FLAP_SECONDS - time.time()))
            node.kill()
            time.sleep(self.order.uniform(0.2, 4))
            node.start(self.nodes)
        fault.exposed_seconds = self.await_exposed(floors, fault.began)

    def _for_a_while(self, fault, seconds, begin, end):
        floors = self.floors()
        fault.began = time.time()
        begin()
        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            fault.exposed_seconds = self.await_exposed(floors, fault.began)
        except BaseException:
            timer.cancel()
            raise
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

    def _drain(self, fault, node):
        """Through another node. Nothing is missing at any time, so there is no moment from which on all is exposed again."""
        other = self.order.choice([each for each in self.nodes if each is not node])
        floors = self.floors()
        fault.began = time.time()
        self._ask(other, "POST", node, self.patience)
        say(f"  drained after {time.time() - fault.began:.2f} s")
        fault.exposed_seconds = self.await_exposed(floors, fault.began)
        time.sleep(self.order.uniform(1, 5))
        self._ask(other, "DELETE", node, self.patience)

    def _scale(self, fault):
        """The new nodes must lead, and what they led must be led again when they are gone."""
        floors, first = self.floors(), list(self.nodes)
        fault.began = time.time()
        for node in self.spares:
            node.start(first)
            self.nodes.append(node)
        leads = self.await_that(lambda: self.all_settled() and all(node.shown() for node in self.spares), self.patience)
        say(f"  {'they lead' if leads else 'not all of them lead'} after {time.time() - fault.began:.2f} s")
        if not leads:
            self.findings.append(Finding(LOST, time.time(), self.spares[0].name, f"the new nodes do not lead after {self.patience:.0f} s"))
        fault.exposed_seconds = self.await_exposed(floors, fault.began)
        time.sleep(self.order.uniform(2, 6))
        for node in self.spares:
            self._ask(first[0], "POST", node, self.patience)
            node.terminate()
            self.nodes.remove(node)
            node.lose_store()

    def _ask(self, other, method, node, seconds):
        code = other.ask(method, f"/api/v1/cluster/members/{node.name}/drain?timeout={seconds:.0f}s")
        if code != 200:
            self.findings.append(Finding(LOST, time.time(), node.name, f"{method} drain: {code}"))

    def _losses(self):
        return [loss for loss in LOSSES if loss not in CUTS or self.nodes[0].wires.can_cut]

    def _any_round(self):
        after = self.order.choice((0, self.order.uniform(0, MOST_SECONDS_AFTER_READY)))
        return Round(self.order.choice(self.nodes), self.order.choice(self._losses()), after, LOST_SECONDS)

    def _roll(self, fault, restarted, then):
        """To wait for /-/ready alone is safe: what comes next may be the loss of any node, at any moment."""
        self.takers.prepare(self.nodes, self.patience)
        for node in restarted:
            began = time.monotonic()
            ended, _ = node.terminate()
            node.start(self.nodes)
            if not self.await_that(node.is_ready, self.patience):
                self.findings.append(Finding(LOST, time.time(), node.name, f"not ready {self.patience:.0f} s after its restart"))
            say(f"  restart of {node.name}: ended after {ended:.1f} s, ready after {time.monotonic() - began:.1f} s")
        say(f"  {then.after:.1f} s later: {then.loss} of {then.lost.name}")
        time.sleep(then.after)
        self._lose(fault, then)

    def _lose(self, fault, then):
        """The others show everything and take pushes of every group, at once and until the node comes back."""
        lost, loss = then.lost, then.loss
        floors = self.floors()
        others = [node for node in self.nodes if node is not lost]
        fault.began = time.time()
        # A SIGTERM waits until the node has ended.
        with self.takers.begin(others, self.patience) as slowest:
            if loss in CUTS:
                lost.wires.cut(lost.name, *CUTS[loss])
            elif loss in PAUSES:
                lost.pause()
            elif loss == KILL:
                lost.kill()
            else:
                lost.terminate()
            fault.exposed_seconds = self.await_exposed(floors, fault.began, others)
            time.sleep(max(0.0, fault.began + then.seconds - time.time()))
            at_the_end = self.await_exposed(floors, time.time(), others)
            fault.exposed_seconds = None if None in (fault.exposed_seconds, at_the_end) else max(fault.exposed_seconds, at_the_end)
            fault.taken_seconds = slowest()
        if fault.taken_seconds is None:
            self.findings.append(Finding(LOST, fault.began, lost.name, f"not every push was taken within {self.patience:.0f} s"))
        if loss in CUTS:
            lost.wires.mend(lost.name)
        elif loss in PAUSES:
            lost.resume()
        else:
            lost.start(self.nodes)

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
