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

# How many different bodies each process has where it is pushed many times.
HISTORY_BODIES = 16


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
        [Goal.of("ready after start", 1, "s", ready.get(SILVERBACK)), Goal.of("idle RSS", 130, "MB", resident.get(SILVERBACK))],
        {"ready s": ready, "idle RSS MB": resident})


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
            Goal.of("scrape, gzip, CPU per series, 1 % changed", 0.2, "us", own.get("warm"))],
        {kind: {name: figures[name][kind] for name in names} for kind in ("rss", "peak", "scraped peak", "cpu", "wall", "cold", "warm")})


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


def history_memory(run):
    say("memory with history")
    bodies = run.bodies("flink", run.sizes.memory_flink_processes, HISTORY_BODIES)
    series = bodies.groups * bodies.series
    marks = (MEMORY_ROUNDS, run.sizes.history_rounds)
    rows, resident = [], {mark: Figure() for mark in marks}
    if SILVERBACK in run.servers:
        with run.alone(SILVERBACK) as process:
            for round_index in range(marks[-1]):
                done = push(process, bodies.round(round_index), 4 * run.sizes.fill_seconds)
                if done.cut:
                    resident[marks[-1]].note = f"stopped in round {round_index + 1}: {done.pushes:,} of {done.planned:,} pushes in time"
                    break
                if round_index + 1 in marks:
                    rows.append(measure_history(process, round_index + 1, series, resident[round_index + 1]))
    return Section(
        "Memory with history",
        f"{series:,} Flink series of {bodies.groups} processes, pushed again and again, {HISTORY_BODIES} different bodies of each in turn (so that each counter "
        "goes back once in that many rounds). RSS in MB after the pushes; the heap after a full collection that was asked for afterwards; what the store says "
        "that its maps take outside of the heap, in all and for the history, and that over all samples pushed.",
        ["rounds", "RSS MB", "peak MB", "heap after a full collection, MB", "maps, MB", "history, MB", "history, B/sample"], rows,
        [Goal.of(f"RSS after {series:,} Flink series, {mark} rounds", goal, "MB", resident[mark]) for mark, goal in zip(marks, (250, 650))])


def measure_history(process, rounds, series, resident):
    now, peak = process.memory_megabytes()
    resident.add(now)
    process.collect_garbage()
    metrics = process.own_metrics()
    heap = sum(value for name, value in metrics.items() if name.startswith('jvm_memory_used_bytes{area="heap"'))
    maps = {name: value for name, value in metrics.items() if name.startswith("silverback_storage_allocated_bytes{")}
    history = sum(value for name, value in maps.items() if 'pages"' in name)
    return [
        str(rounds), f"{now:.0f}", f"{peak:.0f}", *[f"{value / 1e6:.0f}" for value in (heap, sum(maps.values()), history)],
        f"{history / (rounds * series):.2f}"]


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
        [Goal.of(f"RSS after {series:,} series in {bodies.groups:,} groups", 220, "MB", resident.get(SILVERBACK))],
        {"RSS MB": resident, "peak MB": peak})


def bytes_each(megabytes, series):
    return Figure([value * 1024 * 1024 / series for value in megabytes.values])
