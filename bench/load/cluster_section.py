"""What a push costs in a cluster, all of its nodes together, beside a single node."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from figures import Figure, Goal, Section, ratio
from nodes import lasting_ports
from process import ServerProcess
from push_sections import BATCH_ROUNDS, FLINK_ROUNDS, micros
from pushes import push
from run import say
from servers import SILVERBACK

NODES = 3
SMALL_GROUPS = 1000
FLINK_PROCESSES = 6
# A cluster is never as quiet as a single node, so nobody waits for it to be.
SETTLE_SECONDS = 0.5
IDLE_SECONDS = 20


@dataclass(frozen=True)
class Sent:
    pushes: int
    cpu_seconds: float


class Door:
    """One node to push to. Its CPU time is that of all nodes."""

    def __init__(self, process, all_processes):
        self.port, self.server, self._all = process.port, process.server, all_processes

    def cpu_seconds(self):
        return sum(process.cpu_seconds() for process in self._all)

    def settle(self):
        time.sleep(SETTLE_SECONDS)


class Nodes:
    """The nodes of one cluster, or a node alone."""

    def __init__(self, processes):
        self.processes = processes
        self.doors = [Door(process, processes) for process in processes]

    def push(self, plan, limit):
        """Sends each node a part of the plan, one node after the other; pushes, and the CPU time of all."""
        count = len(self.doors)
        done = [push(door, plan[i::count], max(1, limit // count)) for i, door in enumerate(self.doors)]
        return Sent(sum(part.pushes for part in done), sum(part.cpu_seconds for part in done))

    def idle(self, settle_seconds):
        """Percent of a core, and megabytes, that a node takes when nobody asks it for anything, once the compiler has less to do."""
        time.sleep(settle_seconds)
        before = self.doors[0].cpu_seconds()
        time.sleep(IDLE_SECONDS)
        busy = (self.doors[0].cpu_seconds() - before) / IDLE_SECONDS / len(self.processes)
        return 100 * busy, sum(process.memory_megabytes()[0] for process in self.processes) / len(self.processes)


@contextmanager
def started(server, count, folder):
    """Nodes that are ready; of one there is no cluster."""
    folder.mkdir(parents=True)
    secret = folder / "secret"
    secret.write_text("".join(random.SystemRandom().choices("0123456789abcdef", k=32)) + "\n")
    secret.chmod(0o600)
    ports = lasting_ports(count)

    def node(index):
        flags = [] if count == 1 else [
            f"--cluster.node-id=n{index}", f"--cluster.secret-file={secret}", f"--cluster.bootstrap-expect={count}",
            f"--cluster.listen-address=127.0.0.1:{ports[index]}", *(f"--cluster.join=127.0.0.1:{port}" for port in ports)]
        return ServerProcess(server.with_flags("--shutdown.timeout=0s", *flags), folder / f"n{index}", ready_timeout=180)

    with ThreadPoolExecutor(count) as starters:
        starts = [starters.submit(node, index) for index in range(count)]
    processes = [start.result() for start in starts if start.exception() is None]
    try:
        for start in starts:
            start.result()
        yield Nodes(processes)
    finally:
        for process in processes:
            process.kill()


def cluster_pushes(run):
    say("pushes to a cluster")
    names = run.names(SILVERBACK)
    sizes = run.sizes
    small = run.bodies("batch", SMALL_GROUPS, BATCH_ROUNDS)
    flink = run.bodies("flink", FLINK_PROCESSES, FLINK_ROUNDS)
    kinds = ("cold", "warm", "flink cold", "flink warm", "idle", "rss")
    figures = {(name, count): {kind: Figure() for kind in kinds} for name in names for count in (1, NODES)}
    # Once, as what is warm is measured several times in one start.
    for (name, count), own in figures.items():
        say(f"  {name}, nodes: {count}")
        with started(run.servers[name], count, run.folder / f"cluster-{name}-{count}".replace("/", "_")) as nodes:
            measure(nodes, small, flink, sizes, own)
    rows = []
    for (name, count), own in figures.items():
        alone = figures[name, 1]
        rows.append([
            f"{name}, {'one node' if count == 1 else f'{count} nodes'}", str(own["cold"]), str(own["warm"]), ratio(own["warm"], alone["warm"]),
            ratio(own["cold"], own["warm"]), str(own["flink cold"]), str(own["flink warm"]), ratio(own["flink warm"], alone["flink warm"]),
            str(own["idle"]), str(own["rss"])])
    goals = []
    if (SILVERBACK, NODES) in figures:
        own, alone = figures[SILVERBACK, NODES], figures[SILVERBACK, 1]
        goals = [
            quotient("small push over three nodes, against one node", own["warm"], alone["warm"]),
            quotient("small push over three nodes, cold against warm", own["cold"], own["warm"]),
            quotient("Flink sample over three nodes, against one node", own["flink warm"], alone["flink warm"]),
            Goal.of("CPU of an idle node of three, of a core", 2, "%", own["idle"]),
            Goal.of("RSS of an idle node of three", 180, "MB", own["rss"])]
    return Section(
        "Pushes to a cluster",
        f"us of CPU of all nodes together: a small push as above, to {SMALL_GROUPS:,} groups, and a sample of a Flink body of "
        f"{flink.series:,}. A push goes to any node and is stored by two of {NODES}. *Cold* is the first push to each group, right after the "
        f"start; *warm* comes after {sizes.warm_seconds} s of pushes for each node. Idle: each node, before the first push, from {4 * sizes.warm_seconds} s "
        "after it was ready.",
        ["server", "small push, cold", "warm", "x one node", "cold / warm", "Flink sample, cold", "Flink sample, warm", "x one node, Flink",
         "idle, % of a core", "idle RSS MB"],
        rows, goals,
        {f"{kind}, nodes: {count}": {name: figures[name, count][kind] for name in names} for kind in kinds for count in (1, NODES)})


def quotient(what, figure, base):
    measured = figure.median / base.median if figure.values and base.values else None
    return Goal(what, 3, "x", measured)


def measure(nodes, small, flink, sizes, own):
    idle, resident = nodes.idle(4 * sizes.warm_seconds)
    own["idle"].add(idle)
    own["rss"].add(resident)
    limit = 60 * len(nodes.processes)
    warm = sizes.warm_seconds * len(nodes.processes)
    own["cold"].add(micros(nodes.push(small.round(0), limit)))
    own["flink cold"].add(micros(nodes.push(flink.round(0), limit), flink.series))
    nodes.push(small.scattered(50 * SMALL_GROUPS, SMALL_GROUPS, 1), warm)
    again = [line for round_index in range(1, FLINK_ROUNDS + 1) for line in flink.round(round_index)]
    nodes.push(again * 20, warm)
    for _ in range(sizes.repetitions):
        own["warm"].add(micros(nodes.push(small.scattered(sizes.small_pushes, SMALL_GROUPS, 60), limit)))
        own["flink warm"].add(micros(nodes.push(again, limit), flink.series))
