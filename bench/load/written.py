"""What is wrong with the samples of a target of remote write, given what was pushed when."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from counting import FAMILY, JOB, CountingPusher
from timelines import CLOCK_SECONDS

MISSING = "acknowledged samples that are missing"
TIME = "samples at another time than that of their push"
DOUBLE = "samples with two values, or more times than the history has"
FOREIGN = "samples that nobody pushed"
FINDINGS = (MISSING, TIME, DOUBLE, FOREIGN)

VALUES = "pushed_value"
PUSH_TIME = "push_time_seconds"
EXAMPLES = 5


class SeriesPusher(CountingPusher):
    """Pushes many series, of which each value names its push and its series. Goes to another node when its connection breaks."""

    def __init__(self, index, ports, seed, calm, stop, patience, series):
        self._ports, self.series = ports, series
        super().__init__(index, ports[index % len(ports)], seed, calm, stop, patience)

    def body(self, number):
        values = "".join(f'{VALUES}{{series="{index}"}} {number * self.series + index}\n' for index in range(self.series))
        return f"{super().body(number)}# TYPE {VALUES} gauge\n{values}"

    def _push(self, number):
        push = super()._push(number)
        if push.status is None:
            self._port = self._order.choice(self._ports)
        return push

    def expected(self):
        """Labels as a target has them -> the number of the push of a value, None if there is none."""
        labels = {name: value for name, value in self.labels.items() if value} | {"job": JOB}
        series = {frozenset((labels | {"__name__": FAMILY}).items()): int}
        for index in range(self.series):
            series[frozenset((labels | {"__name__": VALUES, "series": str(index)}).items())] = self._number_of(index)
        return series, frozenset((labels | {"__name__": PUSH_TIME}).items())

    def _number_of(self, index):
        return lambda value: int(value - index) // self.series if value % self.series == index else None


@dataclass
class Judgement:
    """What was found of one target, or of all."""

    counts: Counter = field(default_factory=Counter)
    examples: dict = field(default_factory=lambda: defaultdict(list))
    samples: int = 0
    twice: int = 0
    repeats: int = 0
    acknowledged: int = 0

    def find(self, what, text, count=1):
        self.counts[what] += count
        if len(self.examples[what]) < EXAMPLES:
            self.examples[what].append(text)

    def add(self, other):
        self.counts.update(other.counts)
        for what, texts in other.examples.items():
            self.examples[what] = (self.examples[what] + texts)[:EXAMPLES]
        for name in ("samples", "twice", "repeats", "acknowledged"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def judge(target, pusher, found, push_time_rounding, served):
    """Judges what a target has of the groups of one pusher.

    `served` is number of push -> milliseconds, as the history of the nodes has them. Each push that was acknowledged has to be there in each series, between its
    request and its answer, at the times that all series have and the history, too. These are two where a node did not hear whether the leader had done
    it, and brought it to the next one. A push that was not acknowledged may be there, not before its request.
    """
    judged = Judgement()
    expected, push_times = pusher.expected()
    pushes = {push.number: push for push in pusher.pushes}
    acknowledged = [push for push in pusher.pushes if push.acknowledged]
    times = {}
    for labels, number_of in expected.items():
        name = f"{target}, {dict(labels)['__name__']} of {pusher.pusher}" + "".join(f", series {value}" for key, value in labels if key == "series")
        own = _by_number(judged, name, found.pop(labels, []), number_of, pushes)
        judged.acknowledged += len(acknowledged)
        missing = [push for push in acknowledged if push.number not in own]
        if missing:
            judged.find(MISSING, f"{name}: pushes {_runs(push.number for push in missing)}, first acknowledged at {missing[0].answered:.3f}", len(missing))
        for number, millis in own.items():
            push, known = pushes[number], times.setdefault(number, millis)
            latest = push.answered if push.acknowledged else float("inf")
            if not push.sent - CLOCK_SECONDS <= millis[0] / 1000 <= millis[-1] / 1000 <= latest + CLOCK_SECONDS or millis != known:
                judged.find(TIME, f"{name}: push {number} is at {millis}, was sent at {push.sent:.3f}, answered at {push.answered:.3f}, other series have {known}")
    for number in times.keys() & served.keys():
        if times[number] != served[number]:
            what = TIME if len(times[number]) <= len(served[number]) else DOUBLE
            judged.find(what, f"{target}: push {number} of {pusher.pusher} is at {times[number]}, in /api/v1/history at {served[number]}")
    judged.twice += sum(len(millis) > 1 for millis in times.values())
    _judge_push_times(judged, f"{target}, {PUSH_TIME} of {pusher.pusher}", found.pop(push_times, []), times, push_time_rounding)
    for labels, samples in found.items():
        judged.find(FOREIGN, f"{target}: {len(samples)} of {dict(labels)}", len(samples))
    return judged


def _once(judged, name, samples):
    """Milliseconds -> value."""
    own = {}
    judged.samples += len(samples)
    for millis, value in samples:
        if millis in own:
            judged.repeats += 1
            if own[millis] != value:
                judged.find(DOUBLE, f"{name}: {own[millis]} and {value} at {millis}")
        own[millis] = value
    return own


def _by_number(judged, name, samples, number_of, pushes):
    own = {}
    for millis, value in _once(judged, name, samples).items():
        number = None if value is None else number_of(value)
        if number in pushes:
            own.setdefault(number, []).append(millis)
        else:
            judged.find(FOREIGN, f"{name}: {value} at {millis}")
    return {number: sorted(millis) for number, millis in own.items()}


def _judge_push_times(judged, name, samples, times, rounding):
    own, wanted = _once(judged, name, samples), {each for millis in times.values() for each in millis}
    for millis, value in own.items():
        if value is None or abs(1000 * value - millis) > rounding:
            judged.find(FOREIGN, f"{name}: {value} at {millis}")
        elif millis not in wanted:
            judged.find(TIME, f"{name}: {millis} is the time of no other series")
    if missing := sorted(wanted - own.keys()):
        judged.find(MISSING, f"{name}: {len(missing)} times from {missing[0]} to {missing[-1]}", len(missing))


def _runs(numbers):
    """Such as 3-7, 9."""
    runs = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    text = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs[:6])
    return f"{text} and more" if len(runs) > 6 else text
