"""What a push costs: large ones again and again, small ones by what is stored, and with a connection each."""

from figures import Figure, Goal, Section, above, difference, number, ratio
from pushes import push
from run import say
from servers import CHECKED, FLOOR, SILVERBACK, UNCHECKED, VICTORIA

ALL = (FLOOR, CHECKED, UNCHECKED, VICTORIA, SILVERBACK)
FLINK_ROUNDS = 16
BATCH_ROUNDS = 997
CONNECTION_GROUPS = 500
# A closed connection keeps its port for a minute, and there are 28,000 of them.
CONNECTION_PUSHES = 5000
# More than any warm-up gets done in its time.
ENDLESS = 200_000


def flink_pushes(run):
    say("re-push of Flink bodies")
    sizes = run.sizes
    bodies = run.bodies("flink", sizes.flink_processes, FLINK_ROUNDS)
    stored, first = {}, {}
    with run.together(*ALL) as processes:
        for name, process in processes.items():
            result = push(process, bodies.round(0), sizes.fill_seconds)
            stored[name] = result.pushes
            first[name] = micros(result, bodies.series)
            push(process, flink_rounds(bodies, stored[name]) * 50, sizes.warm_seconds)
        cost, speed, tail = ({name: Figure() for name in processes} for _ in range(3))
        pushes = dict.fromkeys(processes, 0)
        for _ in range(sizes.repetitions):
            for name, process in processes.items():
                result = push(process, flink_rounds(bodies, stored[name]), sizes.measure_seconds)
                cost[name].add(micros(result, bodies.series))
                speed[name].add(result.pushes * bodies.series / result.seconds / 1000)
                tail[name].add(result.p99_millis)
                pushes[name] += result.pushes
    rows = [[
        name, number(stored[name] * bodies.series), number(first[name]), str(cost[name]), above(cost[name], cost.get(FLOOR)),
        ratio(cost[name], cost.get(FLOOR)), ratio(cost[name], cost.get(UNCHECKED)), str(speed[name]), str(tail[name]),
        number(pushes[name])] for name in cost]
    return Section(
        "Re-push of Flink bodies",
        f"{bodies.groups} processes push {bodies.series:,} series each, about 0.7 MB, in {FLINK_ROUNDS} rounds that differ in values; "
        f"4 kept-alive connections; a repetition is cut after {sizes.measure_seconds} s.",
        ["server", "stored series", "first push, us CPU/sample", "re-push, us CPU/sample", "above floor", "x floor",
         "x unchecked Pushgateway", "1,000 samples/s", "p99 ms", "pushes measured"],
        rows, [Goal("re-push of Flink bodies, CPU per sample above the floor", 0.25, "us", difference(cost, SILVERBACK, FLOOR))],
        {"re-push, us CPU/sample": cost, "p99 ms": tail})


def flink_rounds(bodies, stored):
    """All rounds, of those groups that were stored in time."""
    return [line for round_index in range(1, FLINK_ROUNDS + 1) for line in bodies.round(round_index, range(stored))]


def micros(result, samples_per_push=1):
    return result.cpu_seconds / (result.pushes * samples_per_push) * 1e6


def small_pushes(run):
    say("small pushes")
    sizes = run.sizes
    ladder = sizes.small_groups
    bodies = run.bodies("batch", ladder[-1], BATCH_ROUNDS)
    costs, stored = {}, {}
    with run.together(*ALL) as processes:
        names = list(processes)
        for size in ladder:
            costs[size] = small_pushes_at(size, run, bodies, processes, stored)
            processes = {name: process for name, process in processes.items() if stored[name] == size}
    rows = []
    for name in names:
        reached = [size for size in ladder if name in costs[size]]
        last, first = costs[reached[-1]], costs[reached[0]]
        rows.append([
            name, *[str(costs[size].get(name, "not reached")) for size in ladder], ratio(last[name], first[name]),
            above(last[name], last.get(FLOOR)), ratio(last[name], last.get(UNCHECKED))])
    first, last = costs[ladder[0]], costs[ladder[-1]]
    flatness = last[SILVERBACK].median / first[SILVERBACK].median if SILVERBACK in last else None
    return Section(
        "Small pushes, by what is stored",
        "10 series in 1.6 KB to a stored group, in random order, with new values: us of CPU a push, by the number of stored groups; "
        f"4 kept-alive connections. {sizes.small_pushes:,} pushes a repetition. Storing more groups is cut after {sizes.fill_seconds} s and a "
        f"repetition after {sizes.measure_seconds} s: then the cell says how many groups were stored and how many pushes were done.",
        ["server", *[f"{size:,} groups" for size in ladder], "last / first", "last above floor", "last x unchecked Pushgateway"],
        rows, [
            Goal(f"small push at {ladder[-1]:,} groups, CPU above the floor", 30, "us", difference(last, SILVERBACK, FLOOR)),
            Goal(f"small push, {ladder[-1]:,} groups against {ladder[0]:,}", 1.2, "x", flatness)],
        {f"us CPU/push at {size:,} groups": cost for size, cost in costs.items()})


def small_pushes_at(size, run, bodies, processes, stored):
    """Fills each server up to `size` groups, as far as it gets, and measures there."""
    say(f"  {size:,} groups")
    sizes = run.sizes
    for name, process in processes.items():
        before = stored.get(name, 0)
        stored[name] = before + push(process, bodies.round(0, range(before, size)), sizes.fill_seconds).pushes
        if before == 0:
            push(process, bodies.scattered(ENDLESS, stored[name], 1), sizes.warm_seconds)
    figures = {name: Figure() for name in processes}
    pushes = dict.fromkeys(processes, 0)
    for repetition in range(sizes.repetitions):
        for name, process in processes.items():
            plan = bodies.scattered(sizes.small_pushes, stored[name], 1 + 7 * repetition)
            result = push(process, plan, sizes.measure_seconds)
            figures[name].add(micros(result))
            pushes[name] += result.pushes
    for name, figure in figures.items():
        figure.note = cuts(stored[name], size, pushes[name], sizes.repetitions * sizes.small_pushes)
    return figures


def cuts(stored, groups, pushes, planned):
    """What the time limit took away."""
    notes = [f"{stored:,} stored"] if stored < groups else []
    if pushes < planned:
        notes.append(f"{pushes:,} pushes")
    return ", ".join(notes)


def connections(run):
    say("a connection for each push")
    sizes = run.sizes
    bodies = run.bodies("batch", CONNECTION_GROUPS, BATCH_ROUNDS)
    count = min(sizes.small_pushes, CONNECTION_PUSHES)
    with run.together(*ALL) as processes:
        stored = {}
        for name, process in processes.items():
            stored[name] = push(process, bodies.round(0), sizes.fill_seconds).pushes
            push(process, bodies.scattered(ENDLESS, stored[name], 1), sizes.warm_seconds)
            push(process, bodies.scattered(count, stored[name], 1), sizes.warm_seconds, close=True)
        kept, closed = ({name: Figure() for name in processes} for _ in range(2))
        pushes = dict.fromkeys(processes, 0)
        for repetition in range(sizes.repetitions):
            for name, process in processes.items():
                for figures, close in ((kept, False), (closed, True)):
                    plan = bodies.scattered(count, stored[name], 3 + 11 * repetition)
                    result = push(process, plan, sizes.measure_seconds, close=close)
                    figures[name].add(micros(result))
                    pushes[name] += result.pushes
    for name in kept:
        kept[name].note = closed[name].note = cuts(stored[name], bodies.groups, pushes[name], 2 * sizes.repetitions * count)
    rows = [[
        name, str(kept[name]), str(closed[name]), above(closed[name], kept[name]), above(closed[name], closed.get(FLOOR)),
        ratio(closed[name], closed.get(UNCHECKED))] for name in kept]
    return Section(
        "One connection for each push",
        f"The small push at {CONNECTION_GROUPS} stored groups, as batch clients send it: connect, push, close. us of CPU a push; "
        f"{count:,} pushes a repetition, cut after {sizes.measure_seconds} s.",
        ["server", "kept alive", "a connection each", "difference", "a connection each, above floor", "x unchecked Pushgateway"],
        rows, [], {"kept alive, us CPU/push": kept, "a connection each, us CPU/push": closed})
