"""What stays and what comes out: start and idle, memory, scrapes. Each server runs alone, from new, in each repetition."""

import time

from figures import Figure, Goal, Section, ratio
from push_sections import BATCH_ROUNDS
from pushes import push
from run import say
from scrapes import scrape
from servers import FLOOR, SILVERBACK, UNCHECKED, VICTORIA

START_REPETITIONS = 3
MEMORY_ROUNDS = 3


def start_and_idle(run):
    say("start and idle")
    names = run.names(FLOOR, UNCHECKED, VICTORIA, SILVERBACK)
    ready, resident = ({name: Figure() for name in names} for _ in range(2))
    for _ in range(START_REPETITIONS):
        for name in names:
            with run.alone(name) as process:
                time.sleep(1)
                process.settle()
                ready[name].add(process.ready_seconds)
                resident[name].add(process.memory_megabytes()[0])
    return Section(
        "Start and idle", "Seconds from the start of the process to the first 200 of its readiness page, and RSS a moment later.",
        ["server", "ready s", "idle RSS MB"], [[name, str(ready[name]), str(resident[name])] for name in names],
        [Goal.of("ready after start", 1, "s", ready.get(SILVERBACK)), Goal.of("idle RSS", 130, "MB", resident.get(SILVERBACK))])


def memory_and_scrapes(run):
    say("memory and scrapes with Flink series")
    bodies = run.bodies("flink", run.sizes.memory_flink_processes, MEMORY_ROUNDS)
    few = range(max(1, bodies.groups // 100))
    names = run.names(UNCHECKED, VICTORIA, SILVERBACK)
    figures = {name: {kind: Figure() for kind in ("rss", "peak", "scraped peak", "cpu", "wall", "cold", "warm")} for name in names}
    for _ in range(run.sizes.memory_repetitions):
        for name in names:
            with run.alone(name) as process:
                measure_memory_and_scrapes(process, bodies, few, 4 * run.sizes.fill_seconds, figures[name])
    series = bodies.groups * bodies.series
    rows = [[
        name, *[str(own[kind]) for kind in ("rss", "peak", "scraped peak")], str(bytes_each(own["rss"], series)),
        *[str(own[kind]) for kind in ("cpu", "wall", "cold", "warm")],
        ratio(own["cpu"], figures.get(UNCHECKED, {}).get("cpu"))] for name, own in figures.items()]
    own = figures.get(SILVERBACK, {})
    return Section(
        "Memory and scrapes with Flink series",
        f"{series:,} series of {bodies.groups} processes, each pushed {MEMORY_ROUNDS} times with other values. RSS and its peak in MB after the "
        "pushes, and the peak after the scrapes. Scrapes in us of CPU per series: identity after the pushes, gzip after all were "
        f"pushed again, gzip after {len(few)} of {bodies.groups} processes pushed again. VictoriaMetrics answers /federate.",
        ["server", "RSS MB", "peak MB", "peak with scrapes", "bytes/series", "identity, us/series", "identity, wall s",
         "gzip all changed, us/series", "gzip 1 % changed, us/series", "identity x unchecked Pushgateway"],
        rows, [
            Goal.of(f"RSS after {series:,} Flink series, {MEMORY_ROUNDS} rounds", 250, "MB", own.get("rss")),
            Goal.of("scrape, identity, CPU per series", 0.6, "us", own.get("cpu")),
            Goal.of(f"scrape, identity, wall for {series:,} series", 1, "s", own.get("wall")),
            Goal.of("scrape, gzip, CPU per series, all changed", 2.5, "us", own.get("cold")),
            Goal.of("scrape, gzip, CPU per series, 1 % changed", 0.2, "us", own.get("warm"))])


def measure_memory_and_scrapes(process, bodies, few, limit, figures):
    series = bodies.groups * bodies.series
    for round_index in range(MEMORY_ROUNDS):
        done = push(process, bodies.round(round_index), limit)
        if done.cut:
            # Servers that hold different things cannot be compared.
            figures["rss"].note = f"only {done.pushes:,} of {done.planned:,} pushes in {limit} s"
            return
    for kind, megabytes in zip(("rss", "peak"), process.memory_megabytes()):
        figures[kind].add(megabytes)
    plain = scrape(process)
    figures["cpu"].add(plain.cpu_seconds / series * 1e6)
    figures["wall"].add(plain.seconds)
    for kind, groups, round_index in (("cold", range(bodies.groups), MEMORY_ROUNDS), ("warm", few, MEMORY_ROUNDS + 1)):
        push(process, bodies.round(round_index, groups), limit)
        figures[kind].add(scrape(process, gzip=True).cpu_seconds / series * 1e6)
    figures["scraped peak"].add(process.memory_megabytes()[1])
    exposed = scrape(process, count=True).samples
    if exposed < series:
        figures["cpu"].note = f"exposed {exposed:,} of {series:,}"


def small_group_memory(run):
    say("memory with small groups")
    bodies = run.bodies("batch", run.sizes.memory_small_groups, BATCH_ROUNDS)
    limit = 4 * run.sizes.fill_seconds
    names = run.names(UNCHECKED, VICTORIA, SILVERBACK)
    resident, peak = ({name: Figure() for name in names} for _ in range(2))
    for _ in range(run.sizes.memory_repetitions):
        for name in names:
            with run.alone(name) as process:
                done = push(process, bodies.round(0), limit)
                if done.cut:
                    resident[name].note = f"only {done.pushes:,} of {done.planned:,} pushes in {limit} s"
                    continue
                for figures, megabytes in zip((resident, peak), process.memory_megabytes()):
                    figures[name].add(megabytes)
    series = bodies.groups * bodies.series
    rows = [[
        name, str(resident[name]), str(peak[name]), str(bytes_each(resident[name], series)),
        ratio(resident[name], resident.get(UNCHECKED))] for name in names]
    return Section(
        "Memory with small groups", f"{series:,} series in {bodies.groups:,} groups, each pushed once.",
        ["server", "RSS MB", "peak MB", "bytes/series", "RSS x unchecked Pushgateway"], rows,
        [Goal.of(f"RSS after {series:,} series in {bodies.groups:,} groups", 220, "MB", resident.get(SILVERBACK))])


def bytes_each(megabytes, series):
    return Figure([value * 1024 * 1024 / series for value in megabytes.values])
