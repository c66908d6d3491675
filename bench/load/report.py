"""Where and when a run took place, and its place in docs/benchmarks.md."""

import os
import platform
import resource
import subprocess
import time

from figures import table
from servers import BENCH, PACKAGES, installed_version

BEGIN = "<!-- side-by-side: begin. Written by bench/bin/side-by-side; changes by hand are lost. -->"
END = "<!-- side-by-side: end -->"
TICKS = os.sysconf("SC_CLK_TCK")


def machine_cpu_seconds():
    """Busy time of all cores since boot."""
    with open("/proc/stat") as stat:
        user, nice, system, _, _, interrupt, soft_interrupt, steal = map(int, stat.readline().split()[1:9])
    return (user + nice + system + interrupt + soft_interrupt + steal) / TICKS


def own_cpu_seconds():
    """Of this process and all that it started and saw end."""
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


class Clock:
    """Tells how much of the machine others used during the run."""

    def __init__(self):
        self.started, self.machine, self.own = time.monotonic(), machine_cpu_seconds(), own_cpu_seconds()

    def minutes(self):
        return (time.monotonic() - self.started) / 60

    def share_of_others(self):
        others = (machine_cpu_seconds() - self.machine) - (own_cpu_seconds() - self.own)
        return max(0.0, others) / ((time.monotonic() - self.started) * os.cpu_count())


def _output(*command):
    done = subprocess.run(command, capture_output=True, text=True, cwd=BENCH)
    return done.stdout.strip() or done.stderr.strip()


def _field(path, name):
    with open(path) as lines:
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), "unknown")


def surroundings(flags):
    commit = _output("git", "rev-parse", "--short", "HEAD") + (" with changes" if _output("git", "status", "--porcelain") else "")
    memory = int(_field("/proc/meminfo", "MemTotal").split()[0]) / 1024 / 1024
    jdk = _output(str(BENCH / "bin" / "java"), "-version").splitlines()[1]
    return [
        ["date, commit", f"{time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, {commit}"],
        ["machine", f"{os.cpu_count()} cores ({_field('/proc/cpuinfo', 'model name')}), {memory:.0f} GiB, Linux {platform.release()}"],
        ["JDK", jdk],
        ["JVM flags beside server/bin/jvm.options", f"`{' '.join(flags)}`"],
        ["peers", ", ".join(f"{package} {installed_version(package)}" for package in PACKAGES)]]


def render(mode, sections, flags, clock, notes):
    others = clock.share_of_others()
    rows = surroundings(flags) + [
        ["mode", f"`--{mode}`, {clock.minutes():.0f} min"], ["used by other processes", f"{others:.0%} of the machine's CPU"]]
    warnings = list(notes)
    if mode == "quick":
        warnings.append("Quick mode: small sizes, short repetitions and a JVM that is not warm. It shows that the run works; quote none of it.")
    if others > 0.05:
        warnings.append("The machine was not quiet: figures are provisional.")
    parts = [BEGIN, *(f"> **{warning}**\n" for warning in warnings), table(["", ""], rows), ""]
    goals = [goal.cells(judged=mode != "quick") for section in sections for goal in section.goals]
    if goals:
        parts += ["### Goals", "", table(["what", "goal", "Silverback", ""], goals), ""]
    parts += [section.markdown() for section in sections]
    return "\n".join([*parts, END])


def write(path, text):
    page = path.read_text()
    if BEGIN not in page or END not in page:
        raise RuntimeError(f"no place for the tables: put these lines into {path}:\n{BEGIN}\n{END}")
    head, rest = page.split(BEGIN, 1)
    path.write_text(head + text + rest.split(END, 1)[1])
