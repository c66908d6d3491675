"""What a run of faults showed: the claims, the faults one by one, and what it ran with."""

import json
import os

import balancer
import faults
import prometheus
import timelines
from counting import FAMILY, PACE_SECONDS
from servers import installed_version

LONGEST_GAP_SECONDS = 8.0
LONGEST_TAKE_OVER_SECONDS = 5.0
# One scrape misses it, where one node stops to show a series before the other is scraped; and the move itself takes a moment.
LONGEST_PLANNED_GAP_SECONDS = 2 * prometheus.SCRAPE_SECONDS + 0.5
SHOWN_FINDINGS = 5


class Outcome:
    """What the run showed, in all and by fault."""

    def __init__(self, rig, until):
        self.rig, self.until, self.faults, self.outages = rig, until, rig.cluster.faults, rig.cluster.outages
        # Of one that a signal cut short, nothing is claimed but what was seen.
        self.whole = [fault for fault in self.faults if fault.ended]
        self.pushes = {pusher.pusher: pusher.pushes for pusher in rig.pushers}
        plain, labelled = rig.prometheus.by_pusher(FAMILY, until)
        self.judged = timelines.judge(
            self.pushes, plain, labelled, prometheus.SCRAPE_SECONDS, rig.warm_from, until, self.outages,
            balancer.LONGEST_REST_SECONDS, rig.balancer.never_sent())
        self.gaps = self.judged.gaps
        self.findings = sorted(self.judged.findings + rig.cluster.findings, key=lambda finding: finding.second)
        self.samples = sum(len(samples) for series in (plain, labelled) for by_label in series.values() for samples in by_label.values())
        self.longest, self.longest_down = (gap.seconds if gap else None for gap in timelines.longest(self.gaps, self.outages))

    def figures(self):
        """Name -> (measured, most that is allowed)."""
        counted = timelines.counts(self.findings)
        kills = [fault.exposed_seconds for fault in self.whole if fault.kind in (faults.KILL, faults.KILL_LOSE)]
        rolls = [seconds for fault in self.whole if fault.kind == faults.ROLLING for seconds in (fault.exposed_seconds, fault.taken_seconds)]
        figures = {name: (counted[name], 0) for name in timelines.FINDINGS}
        slowness = self.rig.arguments.slowness
        figures[f"longest gap of a series, s, scraped each {prometheus.SCRAPE_SECONDS} s"] = (self.longest, LONGEST_GAP_SECONDS * slowness)
        planned = [self.longest_gap_of(fault) for fault in self.whole if fault.kind in faults.PLANNED]
        if planned:
            figures["longest gap at a move that was wanted, s"] = (max(planned), LONGEST_PLANNED_GAP_SECONDS * slowness)
        if kills:
            figures["kill -9 of one until all groups are exposed, s"] = (
                None if None in kills else max(kills), LONGEST_TAKE_OVER_SECONDS * slowness)
        if rolls:
            figures["loss of one after a rolling restart until all groups are exposed and any push is taken, s"] = (
                None if None in rolls else max(rolls), LONGEST_TAKE_OVER_SECONDS * slowness)
        return figures

    def longest_gap_of(self, fault):
        """From its beginning to that of the next."""
        next_began = min((other.began for other in self.faults if other.began > fault.began), default=self.until + 1)
        return max((gap.seconds for gap in self.gaps if fault.began <= gap.ended < next_began), default=0.0)

    def circumstances(self):
        every = [push for pushes in self.pushes.values() for push in pushes]
        answered = [push.answered - push.sent for push in every if push.acknowledged]
        return {
            "PUTs": len(every), "PUTs that nginx sent to more than one node": self.rig.balancer.asked_again(),
            "PUTs while the nodes were cold, not answered 200": self.judged.cold,
            "PUTs while most nodes were down together, not answered 200": self.judged.excused,
            f"PUTs that nginx sent to no node in its {balancer.REST_SECONDS} s of rest after that": self.judged.never_sent,
            "slowest PUT that was answered 200, s": max(answered, default=None), "samples judged": self.samples,
            "longest gap while all nodes were down, s": self.longest_down, "seconds judged": self.until - self.rig.measured_from}

    def rows(self):
        """A row for each fault: what was found from its beginning to that of the next."""
        starts = [("none yet", "", self.rig.measured_from, ())]
        starts += [(faults.DESCRIPTIONS[fault.kind], fault.node, fault.began, (fault.exposed_seconds, fault.ready_seconds, fault.settled_seconds))
                   for fault in self.faults]
        ends = [start[2] for start in starts[1:]] + [self.until + 1]
        for (text, node, began, seconds), ended in zip(starts, ends):
            counted = timelines.counts(finding for finding in self.findings if began <= finding.second < ended)
            gap = max((gap.seconds for gap in self.gaps if began <= gap.ended < ended), default=None)
            yield [f"{began - self.rig.measured_from:.0f}", text, node, *(figure(value) for value in (*seconds, *[None] * (3 - len(seconds)), gap)),
                   *(str(counted[name]) for name in timelines.FINDINGS)]

    def holds(self):
        return all(value is not None and value <= most for value, most in self.figures().values())


def figure(value):
    return "-" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)


def table(head, rows):
    rows = [head, *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"


def settings(rig):
    arguments = rig.arguments
    shown = [word.replace(str(rig.nodes[0].folder.parent), "FOLDER") for word in rig.kind.command(rig.nodes[0], rig.nodes)[1:]]
    nginx = (
        f"{installed_version('nginx-light')}, {'hash $request_uri' if arguments.hash else 'round robin'}, proxy_next_upstream error timeout http_503"
        f" non_idempotent, read {balancer.READ_SECONDS} s, connect {balancer.CONNECT_SECONDS} s, max_fails=1 fail_timeout={balancer.REST_SECONDS}s")
    scraped = (
        f"{installed_version('prometheus')}, scrapes each {prometheus.SCRAPE_SECONDS} s, honor_labels;"
        " and a job relabelled as prometheus-operator does")
    return [
        ["seed", str(arguments.seed)], ["servers", f"{len(rig.nodes)} x {rig.kind.name}"], ["flags of the first", " ".join(shown)],
        ["pushers", f"{arguments.groups}, a PUT each {PACE_SECONDS} s; each fifth rests during faults; they wait {rig.client_patience} s"],
        ["nginx", nginx], ["Prometheus", scraped],
        ["given up after", f"{arguments.patience:.0f} s, a fault's groups not exposed, or a node not ready or settled"],
        ["slowness", f"{arguments.slowness:g} x the seconds that are claimed; load average {os.getloadavg()[0]:.1f} at the end"]]


def print_outcome(rig, outcome):
    print(table(["setting", "value"], settings(rig)))
    heads = ["s", "fault", "node", "exposed, s", "ready, s", "settled, s", "longest gap, s",
             "decr.", "decr., op.", "older", "lost", "double", "not 200"]
    print(table(heads, outcome.rows()))
    print(table(["circumstance", "measured"], [[name, figure(value)] for name, value in outcome.circumstances().items()]))
    print(table(["claim", "measured", "at most", ""], [
        [name, figure(value), figure(most), "ok" if value is not None and value <= most else "NOT OK"]
        for name, (value, most) in outcome.figures().items()]))
    for name in timelines.FINDINGS:
        found = [finding for finding in outcome.findings if finding.what == name]
        for finding in found[:SHOWN_FINDINGS]:
            print(f"{name}: at {finding.second - rig.measured_from:.3f} s, {finding.pusher}: {finding.text}")
    result = {
        "seed": rig.arguments.seed, "servers": rig.kind.name, "faults": len(outcome.faults), "slowness": rig.arguments.slowness,
        "holds": outcome.holds(), "stopped": rig.stopped}
    result |= {name: value for name, (value, _) in outcome.figures().items()} | outcome.circumstances()
    print(json.dumps(result))
