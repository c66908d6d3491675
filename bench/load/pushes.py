"""Push bodies, plans of what to send, and the client that sends a plan."""

import random
import shlex
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent


class Bodies:
    """Bodies of one workload in a folder, as `WriteBodies` makes them."""

    def __init__(self, folder, workload, groups, rounds):
        subprocess.run(
            [str(BENCH / "bin" / "java"), "io.silverback.bench.WriteBodies", str(folder), workload, str(groups), str(rounds)],
            check=True)
        self.folder, self.workload, self.groups, self.rounds = folder, workload, groups, rounds
        lines = (folder / "keys.tsv").read_text().splitlines()
        self.keys = [line.split("\t", 1)[1] for line in lines]
        self.series = int(lines[0].split("\t", 1)[0])

    def line(self, group, round_number):
        # A batch body belongs to no group; neighbours in time and place still get different ones.
        name = f"{group}-{round_number % self.rounds}" if self.workload == "flink" else f"{(31 * group + round_number) % self.rounds}"
        return f"{self.folder}/{name}.txt\t{self.keys[group]}"

    def round(self, round_number, groups=None):
        """Each group once."""
        return [self.line(group, round_number) for group in groups or range(self.groups)]

    def scattered(self, pushes, stored, first_round):
        """That many pushes to the first `stored` groups, in a fixed random order, each time with other values."""
        order = list(range(stored))
        random.Random(stored).shuffle(order)
        return [self.line(order[i % stored], first_round + i // stored) for i in range(pushes)]


@dataclass(frozen=True)
class Pushed:
    pushes: int
    planned: int
    seconds: float
    cpu_seconds: float
    p50_millis: float
    p99_millis: float
    most_millis: float

    @property
    def cut(self):
        return self.pushes < self.planned


def push(process, plan, limit, connections=4, close=False):
    """Sends a plan, each line once, but for at most `limit` seconds; the CPU time includes what the server put off."""
    with tempfile.NamedTemporaryFile("w", prefix="plan-", suffix=".tsv") as file:
        file.write("\n".join(plan) + "\n")
        file.flush()
        command = [
            "wrk", "-t1", f"-c{connections}", f"-d{limit}s", "--timeout", "600s", "-s", str(BENCH / "load" / "push.lua"),
            f"http://127.0.0.1:{process.port}", "--", file.name, "import" if process.server.imports else "gateway",
            "close" if close else "keep-alive", str(connections)]
        before = process.cpu_seconds()
        result = _run(command)
        process.settle()
    if result["refused"] or result["broken"] or result["pushes"] > len(plan):
        raise RuntimeError(f"{process.server.name}: not every push was taken: {result}\n{shlex.join(command)}")
    return Pushed(
        int(result["pushes"]), len(plan), result["seconds"], process.cpu_seconds() - before, result["p50"], result["p99"],
        result["most"])


def _run(command):
    client = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    seen = []
    for line in client.stdout:
        seen.append(line)
        if line.startswith("finished"):
            # wrk starts to wait for the end of its time a moment after its first request.
            time.sleep(0.05)
            client.send_signal(signal.SIGINT)
        if line.startswith("result "):
            client.wait()
            return {name: float(value) for name, value in (pair.split("=") for pair in line.split()[1:])}
    raise RuntimeError(f"the client did not report:\n{shlex.join(command)}\n{''.join(seen)}")
