"""What a server shows after it was killed, against what was acknowledged."""

from collections import Counter

# What must never happen; `history` is counted beside it.
FAILURES = ("lost", "older", "half", "returned", "wrong", "stranger")


def verdict(sighting, shown):
    """None if the state is one that the group may have, else the name of the failure."""
    if shown in sighting.states:
        return None
    acknowledged = sighting.states[0]
    if shown is None:
        return "lost"
    newest = max(value for _, value in shown)
    if newest > sighting.number or newest != int(newest):
        return "wrong"
    if acknowledged is None:
        return "half" if newest == sighting.number and len(sighting.states) > 1 else "returned"
    return "older" if newest < max(value for _, value in acknowledged) else "half"


def judge(sightings, shown, history):
    """Counts of failures, and a line for each of them. `history` is (group, family) -> samples of the last window, None if the server has none."""
    counts, lines = Counter(), []
    for sighting in sightings:
        counts["checked"] += 1
        failure = verdict(sighting, shown.get(sighting.name))
        if failure:
            counts[failure] += 1
            lines.append(f"{failure}: {sighting.name} shows {_short(shown.get(sighting.name))}, "
                         f"may show {' or '.join(map(_short, sighting.states))}")
        for family, number in sighting.acknowledged if history is not None else ():
            counts["history checked"] += 1
            samples = history.get((sighting.name, family), [])
            if number not in {value for _, value in samples}:
                counts["history lost"] += 1
                lines.append(f"history lost: {sighting.name} {family}={number}, has {samples[-5:]}")
    for name in shown.keys() - {sighting.name for sighting in sightings}:
        counts["stranger"] += 1
        lines.append(f"stranger: {name} shows {_short(shown[name])}")
    return counts, lines


def _short(state):
    if not state:
        return "nothing"
    text = " ".join(f"{family}={value:g} x{count}" for (family, value), count in sorted(state.items())[:6])
    return f"[{text}{' ...' if len(state) > 6 else ''}]"
