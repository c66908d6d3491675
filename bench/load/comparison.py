"""Two builds of Silverback in one run: what got worse by more than the noise."""

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from figures import known, number
from servers import BENCH, make_cache

# Worse by less is taken for noise, also where the ranges of the two are apart. One measurement says less than several.
LEAST_RATIO = 1.05
LEAST_RATIO_OF_ONE = 1.15


@contextmanager
def launcher_of(baseline, folder):
    """The launcher in a folder, or of a commit, which is built for it."""
    path = Path(baseline)
    if path.is_dir():
        yield launcher_in(path.resolve())
        return
    home = BENCH.parent
    tree = folder / "baseline"
    added = subprocess.run(["git", "worktree", "add", "--detach", str(tree), baseline], cwd=home, capture_output=True, text=True)
    if added.returncode != 0:
        sys.exit(f"{baseline} is neither a folder nor a commit: {added.stderr.strip()}")
    try:
        subprocess.run(["mvn", "-B", "-q", "package", "-DskipTests", "-pl", "server", "-am"], cwd=tree, check=True)
        yield launcher_in(tree)
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=home, check=True)


def launcher_in(folder):
    for place in ("server/bin/silverback", "bin/silverback"):
        if (folder / place).is_file():
            make_cache(folder / place)
            return folder / place
    sys.exit(f"no server/bin/silverback or bin/silverback in {folder}")


def worse(sections, new, old):
    """A line for each figure of `new` that is above all values of `old`, by more than noise."""
    lines = []
    for section in sections:
        for what, figures in section.figures.items():
            after, before = figures.get(new), figures.get(old)
            if known(after, before) and is_worse(after, before):
                lines.append(f"worse: {section.title}: {what}: {before} -> {after}, {number(after.median / before.median)} x")
    return lines


def is_worse(after, before):
    least = LEAST_RATIO if min(len(after.values), len(before.values)) > 1 else LEAST_RATIO_OF_ONE
    return min(after.values) > max(before.values) and after.median > least * before.median
