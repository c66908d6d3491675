"""Repeated measurements of one thing, and the tables that show them."""

import statistics
from dataclasses import dataclass, field


def number(value):
    """Three significant digits, with thousands set apart."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


@dataclass
class Figure:
    """`note` says what was different from what was asked, such as work cut by the time limit."""

    values: list = field(default_factory=list)
    note: str = ""

    def add(self, value):
        self.values.append(value)

    @property
    def median(self):
        return statistics.median(self.values)

    def __str__(self):
        text = number(self.median) if self.values else "-"
        if len(self.values) > 1:
            text += f" ({number(min(self.values))}-{number(max(self.values))})"
        return f"{text} [{self.note}]" if self.note else text


def known(*figures):
    return all(figure and figure.values for figure in figures)


def ratio(figure, base):
    return f"{number(figure.median / base.median)} x" if known(figure, base) else "-"


def above(figure, base):
    return number(figure.median - base.median) if known(figure, base) else "-"


def difference(figures, name, base):
    """Between two servers; None unless both have figures."""
    pair = figures.get(name), figures.get(base)
    return pair[0].median - pair[1].median if known(*pair) else None


@dataclass(frozen=True)
class Goal:
    """`measured` and `limit` in `unit`; `measured` is None without Silverback."""

    what: str
    limit: float
    unit: str
    measured: object = None

    @staticmethod
    def of(what, limit, unit, figure):
        return Goal(what, limit, unit, figure.median if known(figure) else None)

    def cells(self, judged):
        if self.measured is None:
            return [self.what, f"<= {number(self.limit)} {self.unit}", "-", "-"]
        verdict = "met" if self.measured <= self.limit else "not met"
        return [
            self.what, f"<= {number(self.limit)} {self.unit}", f"{number(self.measured)} {self.unit}",
            verdict if judged else "not judged in quick mode"]


@dataclass(frozen=True)
class Section:
    """`figures` are those of which less is better: what they measure -> server -> figure."""

    title: str
    text: str
    header: list
    rows: list
    goals: list
    figures: dict = field(default_factory=dict)

    def markdown(self):
        return f"### {self.title}\n\n{self.text}\n\n{table(self.header, self.rows)}\n"


def table(header, rows):
    lines = ["| " + " | ".join(cells) + " |" for cells in [header, *rows]]
    lines.insert(1, "|---" * len(header) + "|")
    return "\n".join(lines)
