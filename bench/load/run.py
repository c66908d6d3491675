"""One side-by-side run: its sizes, and the servers that it starts."""

import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from process import ServerProcess
from pushes import Bodies
from servers import BASELINE, SILVERBACK


@dataclass(frozen=True)
class Sizes:
    repetitions: int
    memory_repetitions: int
    flink_processes: int
    small_groups: tuple
    small_pushes: int
    memory_flink_processes: int
    memory_small_groups: int
    history_rounds: int
    growth_groups: tuple
    sustained_seconds: int
    crowd: int
    huge_series: int
    huge_groups: int
    # Limits: what takes longer is cut, and the tables say so.
    warm_seconds: int
    fill_seconds: int
    measure_seconds: int


QUICK = Sizes(
    repetitions=2, memory_repetitions=1, flink_processes=4, small_groups=(100, 500, 2000), small_pushes=1000,
    memory_flink_processes=8, memory_small_groups=2000, history_rounds=24,
    growth_groups=(100, 2000), sustained_seconds=10, crowd=200, huge_series=20_000, huge_groups=2_000, warm_seconds=2, fill_seconds=3, measure_seconds=2)
MEDIUM = Sizes(
    repetitions=3, memory_repetitions=1, flink_processes=16, small_groups=(100, 500, 2000, 20000), small_pushes=4000,
    memory_flink_processes=340, memory_small_groups=50000, history_rounds=24,
    growth_groups=(100, 10_000, 100_000), sustained_seconds=60, crowd=2000, huge_series=200_000, huge_groups=50_000, warm_seconds=6, fill_seconds=15, measure_seconds=4)
FULL = Sizes(
    repetitions=3, memory_repetitions=2, flink_processes=68, small_groups=(100, 500, 2000, 20000, 100000), small_pushes=20000,
    memory_flink_processes=340, memory_small_groups=50000, history_rounds=360,
    growth_groups=(100, 10_000, 100_000, 400_000), sustained_seconds=300, crowd=2000, huge_series=1_000_000, huge_groups=1_000_000, warm_seconds=15, fill_seconds=40, measure_seconds=8)
SIZES = {"quick": QUICK, "medium": MEDIUM, "full": FULL}


class Run:
    def __init__(self, servers, sizes, folder):
        self.servers, self.sizes, self.folder = servers, sizes, folder
        self._started = 0

    def names(self, *names):
        """Those that take part, a baseline wherever Silverback does."""
        wanted = [*names, *([BASELINE] if SILVERBACK in names else [])]
        return [name for name in wanted if name in self.servers]

    @contextmanager
    def alone(self, name, *flags):
        self._started += 1
        say(f"  {name}")
        process = ServerProcess(self.servers[name].with_flags(*flags), self.folder / f"server-{self._started}")
        try:
            yield process
        finally:
            process.stop()

    @contextmanager
    def together(self, *names):
        """All running, by name: an idle one costs the others next to nothing, so that they can take turns."""
        with ExitStack() as stack:
            yield {name: stack.enter_context(self.alone(name)) for name in self.names(*names)}

    def bodies(self, workload, groups, rounds):
        return Bodies(self.folder / f"{workload}-{groups}-{rounds}", workload, groups, rounds)


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
