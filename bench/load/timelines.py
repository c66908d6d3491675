"""What is wrong with what a Prometheus scraped, given what was acknowledged when."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from typing import Optional

DECREASED = "decreases of a monotone series"
DECREASED_LABELLED = "decreases, with the operator's labels"
OLDER = "values older than an acknowledged push"
LOST = "lost groups"
DOUBLE = "double series"
UNANSWERED = "PUTs not answered 200"
FINDINGS = (DECREASED, DECREASED_LABELLED, OLDER, LOST, DOUBLE, UNANSWERED)

# Prometheus moves the time of a scrape by up to 2 ms to keep its beat.
CLOCK_SECONDS = 0.005
# Two samples of a target that are no farther apart come from one scrape and the next.
ADJACENT_INTERVALS = 2.5


@dataclass(frozen=True)
class Finding:
    what: str
    second: float
    pusher: str
    text: str


@dataclass(frozen=True)
class Gap:
    began: float
    ended: float
    pusher: str

    @property
    def seconds(self):
        return self.ended - self.began


@dataclass(frozen=True)
class Judgement:
    """Findings in order of time, the gaps, and the PUTs that count for nothing: that no node could have answered, that the balancer stands
    between sent to none when it was over, and that cold nodes did not answer."""

    findings: list
    gaps: list
    excused: int
    never_sent: int
    cold: int


@dataclass(frozen=True)
class Outage:
    """While most nodes were down together, nobody could answer."""

    began: float
    ended: float

    def touches(self, began, ended):
        return began < self.ended and ended > self.began

    def outlasted(self, began, rest):
        """Whether what began then met servers that the balancer still let rest for this outage."""
        return self.ended <= began < self.ended + rest


def decreases(pusher, samples, what):
    """Of samples in the order of their time: (second, value, ...)."""
    for before, after in zip(samples, samples[1:]):
        if after[1] < before[1]:
            yield Finding(what, after[0], pusher, f"{before[1]:.0f} then {after[1]:.0f} after {after[0] - before[0]:.3f} s")


def older(pusher, samples, pushes):
    """A scrape that began after an answer has to show that push, or a later one."""
    acknowledged = [push for push in pushes if push.acknowledged]
    answered = [push.answered for push in acknowledged]
    for second, value, *_ in samples:
        known = bisect_left(answered, second - CLOCK_SECONDS)
        if known and value < acknowledged[known - 1].number:
            push = acknowledged[known - 1]
            yield Finding(OLDER, second, pusher, f"{value:.0f}, but {push.number} was acknowledged {second - push.answered:.3f} s before")


def doubles(pusher, by_pod, interval):
    """Samples of one target between two of another that are from adjacent scrapes: so both showed the series at that time."""
    for pod, samples in by_pod.items():
        others = sorted((second, value, other) for other, series in by_pod.items() if other != pod for second, value in series)
        seconds = [second for second, _, _ in others]
        for (before, _), (after, _) in zip(samples, samples[1:]):
            if after - before <= ADJACENT_INTERVALS * interval:
                for index in range(bisect_left(seconds, before + CLOCK_SECONDS), bisect_left(seconds, after - CLOCK_SECONDS)):
                    second, value, other = others[index]
                    yield Finding(DOUBLE, second, pusher, f"{value:.0f} from {other} while {pod} showed it, too")


def gaps(pusher, samples, until):
    seconds = [sample[0] for sample in samples] + [until]
    return [Gap(began, ended, pusher) for began, ended in zip(seconds, seconds[1:])]


def judge(pushes, plain, labelled, interval, warm, until, outages, balancer_rest, never_sent):
    """What is wrong.

    Values are judged from the first to the last. Gaps and unanswered PUTs are those since the nodes are `warm`: a JVM that starts
    beside others on two cores may lose its lease for a moment, which costs time and nothing else. `pushes` is pusher -> its pushes, `plain` pusher -> label set -> samples, `labelled` pusher -> pod -> samples.
    `never_sent` are the pushes that reached no node; they belong to an outage that ended less than `balancer_rest` seconds before.
    """
    findings, all_gaps, excused, unsent, cold = [], [], 0, 0, 0
    for pusher, own in pushes.items():
        merged = sorted(sample for samples in plain[pusher].values() for sample in samples)
        with_labels = sorted(sample for samples in labelled[pusher].values() for sample in samples)
        findings += decreases(pusher, merged, DECREASED)
        findings += decreases(pusher, with_labels, DECREASED_LABELLED)
        findings += older(pusher, merged, own)
        findings += older(pusher, with_labels, own)
        findings += doubles(pusher, labelled[pusher], interval)
        findings += [Finding(DOUBLE, min(samples)[0], pusher, f"a second series of the group: {dict(labels)}")
                     for labels, samples in list(plain[pusher].items())[1:]]
        if merged:
            all_gaps += [gap for gap in gaps(pusher, merged, until) if gap.ended >= warm]
        else:
            findings.append(Finding(LOST, until, pusher, "Prometheus never saw it"))
        for push in own:
            if push.acknowledged:
                continue
            if push.sent < warm:
                cold += 1
                continue
            if any(outage.touches(push.sent, push.answered) for outage in outages):
                excused += 1
                continue
            if push.name in never_sent and any(outage.outlasted(push.sent, balancer_rest) for outage in outages):
                unsent += 1
                continue
            text = f"push {push.number}: {push.status} after {push.answered - push.sent:.3f} s: {' '.join(push.text.split())[:120]}"
            findings.append(Finding(UNANSWERED, push.sent, pusher, text))
    return Judgement(sorted(findings, key=lambda finding: finding.second), all_gaps, excused, unsent, cold)


def longest(all_gaps, outages) -> tuple[Optional[Gap], Optional[Gap]]:
    """The longest gap that no outage touches, and the longest that one does."""
    touched = [any(outage.touches(gap.began, gap.ended) for outage in outages) for gap in all_gaps]
    return tuple(
        max((gap for gap, is_touched in zip(all_gaps, touched) if is_touched is wanted), key=lambda gap: gap.seconds, default=None)
        for wanted in (False, True))


def counts(findings):
    return Counter(finding.what for finding in findings)
