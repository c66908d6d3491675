"""The kinds of groups that lanes write, each push of a group with a greater number, which is the value of all its series."""

from dataclasses import dataclass
from typing import Optional

JOB = "kill"
# History is looked up for the series with this label alone: one of each family.
WITNESS = "0"


@dataclass(frozen=True)
class Write:
    """A request, the state of the group after it (None: no group), and the family that shows in the history, if any."""

    method: str
    body: bytes
    state: Optional[dict]
    witness: Optional[str] = None


class Template:
    """A body in which each series has the same value: families by the number of their series."""

    def __init__(self, sizes, note=""):
        self.sizes = sizes
        lines = []
        for family, size in sizes.items():
            lines.append(f"# HELP {family} Number of the push{note}.\n# TYPE {family} gauge\n")
            lines += [f'{family}{{s="{index}"}} \0\n' for index in range(size)]
        self.parts = "".join(lines).encode().split(b"\0")

    def body(self, number):
        return str(number).encode().join(self.parts)

    def state(self, number):
        return {(family, float(number)): size for family, size in self.sizes.items()}


class Replaced:
    """PUT of one shape again and again."""

    def __init__(self, families, series):
        self.template = Template({f"{family}_{series}": series for family in (f"put{i}" for i in range(families))})
        self.witness = f"put0_{series}"

    def write(self, number, state):
        return Write("PUT", self.template.body(number), self.template.state(number), self.witness)


class Reshaped:
    """PUT of another shape each time, and sometimes of another help text alone."""

    def __init__(self, series):
        self.series = series

    def write(self, number, state):
        sizes = {f"shape_{(number + i) % 11}": 1 + (number * 37 + i * 101) % self.series for i in range(3)}
        template = Template(sizes, f", {number % 5}")
        return Write("PUT", template.body(number), template.state(number))


class Relabelled:
    """PUT of label values that no push had before, all of which are stored before the group is."""

    def __init__(self, series):
        self.series = series

    def write(self, number, state):
        lines = "".join(f'relabelled{{s="{index}",t="{number}-{index}"}} {number}\n' for index in range(self.series))
        body = f"# HELP relabelled Number of the push.\n# TYPE relabelled gauge\n{lines}"
        return Write("PUT", body.encode(), {("relabelled", float(number)): self.series})


class Alternating:
    """PUT of two shapes by turns, a few pushes each: large ones, that take long to store."""

    def __init__(self, series, each):
        self.templates = [Template({f"turn{turn}_{i}": series // 10 for i in range(10)}) for turn in range(2)]
        self.each = each

    def write(self, number, state):
        turn = number // self.each % 2
        return Write("PUT", self.templates[turn].body(number), self.templates[turn].state(number), f"turn{turn}_0")


class Merged:
    """POST of one family of several, which leaves the others alone."""

    def __init__(self, families, series):
        self.templates = [Template({f"post{i}_{series}": series}) for i in range(families)]

    def write(self, number, state):
        template = self.templates[number % len(self.templates)]
        (family,) = template.sizes
        others = {key: count for key, count in (state or {}).items() if key[0] != family}
        return Write("POST", template.body(number), others | template.state(number), family)


class Ended:
    """PUT, then a few POSTs, then DELETE."""

    def __init__(self):
        self.put, self.post = Template({"ended_put": 3}), Template({"ended_post": 2})

    def write(self, number, state):
        step = number % 4
        if step == 0 and state:
            return Write("DELETE", b"", None)
        if step == 1 or not state:
            return Write("PUT", self.put.body(number), self.put.state(number), "ended_put")
        others = {key: count for key, count in state.items() if key[0] != "ended_post"}
        return Write("POST", self.post.body(number), others | self.post.state(number), "ended_post")


class Deleted:
    """DELETE."""

    def write(self, number, state):
        return Write("DELETE", b"", None)


DELETION = Deleted()
