"""Random pushes, and what the history of a server must show of them: a model that shares nothing with the server."""

import http.client
import json
import math
import struct
import time
from urllib.parse import urlencode

import exposed

JOB = "rows"
GROUPS = 10
# Between two pushes of a group, so that no two of them have the same millisecond.
APART_SECONDS = 0.003
PROTOBUF = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
HISTOGRAM = 4


class Client:
    """One connection; every answer must be a good one."""

    def __init__(self, port):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def send(self, method, path, body=b"", content_type="text/plain"):
        self._connection.request(method, path, body, {"Content-Type": content_type})
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 202):
            raise RuntimeError(f"{method} {path} answered {answer.status}: {text[:500]!r}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()


class Model:
    """What was pushed: for each group its pushes, and for each of these the values of its series."""

    def __init__(self, order):
        self.order = order
        self.pushes = {group: [] for group in range(GROUPS)}
        self.shapes = {group: self.shape(group) for group in range(GROUPS)}

    def act(self, client):
        """One random thing; what it was."""
        group, kind = self.order.randrange(GROUPS), self.order.random()
        if kind < 0.01:
            client.send("DELETE", path(group))
            return "deletes"
        if kind < 0.05:
            self.shapes[group] = self.shape(group)
        families = dict(self.shapes[group])
        whole = self.order.random() < 0.6
        if not whole:
            families = {name: family for name, family in families.items() if self.order.random() < 0.5} or families
        values = {name: family(self.order) for name, family in families.items()}
        native = any(isinstance(value, bytes) for _, value in values.values())
        if native:
            # A body is of one format: the others of this push are left to the next one.
            values = {name: value for name, value in values.items() if isinstance(value[1], bytes)}
            body, content_type = b"".join(encoded for _, encoded in values.values()), PROTOBUF
        else:
            body, content_type = "".join(text for _, text in values.values()).encode(), "text/plain"
        last = self.pushes[group][-1] if self.pushes[group] else None
        if last and time.time() - last[1] < APART_SECONDS:
            time.sleep(APART_SECONDS)
        sent = time.time()
        client.send("PUT" if self.order.random() < 0.5 else "POST", path(group), body, content_type)
        samples = {}
        for series, _ in values.values():
            samples.update(series)
        self.pushes[group].append((sent, time.time(), samples))
        return "pushes of native histograms" if native else "pushes"

    def shape(self, group):
        """Name -> what makes (series -> value, bytes or text of a body) of it."""
        families = {}
        for _ in range(self.order.randint(1, 5)):
            number = self.order.randrange(12)
            maker = (_gauge, _counter, _summary, _histogram, _native, _untyped)[number % 6]
            count = self.order.randint(2_050, 2_300) if group == 0 and number == 0 else self.order.randint(1, 4)
            name = f"m{number}"
            families[name] = lambda order, maker=maker, name=name, count=count: maker(name, count, order)
        return families

    def compare(self, process, retention_seconds):
        """What is wrong, as (kind, text); and how many samples and series were compared."""
        asked = time.time()
        start = self.start(asked - retention_seconds + 2)
        query = urlencode({"match[]": f'{{job="{JOB}"}}', "start": f"{start:.3f}"})
        shown = {group: {} for group in range(GROUPS)}
        for series in json.loads(exposed.get(process, f"/api/v1/history?{query}"))["data"]["result"]:
            labels = series["metric"]
            group = int(labels.pop("g"))
            shown[group][key(labels)] = [(float(seconds), float(value)) for seconds, value in series["values"]]
        wrong, compared = [], 0
        for group, pushes in self.pushes.items():
            self.pushes[group] = [push for push in pushes if push[1] > asked - retention_seconds - 5]
            expected, faults = expectation(self.pushes[group], shown[group], start)
            wrong += [(kind, f"g={group} {text}") for kind, text in faults]
            if faults:
                continue
            for series in expected.keys() | shown[group].keys():
                must, is_so = expected.get(series, []), shown[group].get(series, [])
                compared += len(must)
                if not same(must, is_so):
                    wrong.append((kind_of(must, is_so), f"g={group} {series}: expected {must[-5:]} of {len(must)}, shown {is_so[-5:]} of {len(is_so)}"))
        wrong += self.too_old(process, asked - retention_seconds)
        return wrong, compared, sum(len(series) for series in shown.values())

    def start(self, near):
        """A moment at which nothing was pushed, so that it is clear of each push on which side of it it is."""
        moment = math.ceil(near * 1000) / 1000
        while any(sent - 0.002 <= moment <= done + 0.002 for pushes in self.pushes.values() for sent, done, _ in pushes):
            moment += 0.001
        return moment

    def too_old(self, process, oldest):
        """Samples that must not be shown any more."""
        query = urlencode({"match[]": f'{{job="{JOB}",__name__="push_time_seconds"}}'})
        result = json.loads(exposed.get(process, f"/api/v1/history?{query}"))["data"]["result"]
        return [("too old", f"{series['metric']}: {series['values'][0]}") for series in result if float(series["values"][0][0]) < oldest - 0.001]


def path(group):
    return f"/metrics/job/{JOB}/g/{group}"


def key(labels):
    return tuple(sorted(labels.items()))


def expectation(pushes, shown, start):
    """(series -> samples, faults): the times are those of the rows, of which each must be within its push."""
    rows = [seconds for seconds, _ in shown.get(key({"__name__": "push_time_seconds", "job": JOB, "instance": ""}), [])]
    kept = [push for push in pushes if push[0] > start]
    if len(rows) != len(kept):
        return {}, [("rows", f"expected {len(kept)}, shown {len(rows)}")]
    expected, faults = {}, []
    for seconds, (sent, done, samples) in zip(rows, kept):
        if not math.floor(sent * 1000) <= round(seconds * 1000) <= math.ceil(done * 1000):
            faults.append(("time", f"a push from {sent:.6f} to {done:.6f} is shown at {seconds:.3f}"))
        for series, value in samples.items():
            expected.setdefault(series, []).append((seconds, value))
        expected.setdefault(key({"__name__": "push_time_seconds", "job": JOB, "instance": ""}), []).append((seconds, seconds))
    return expected, faults


def same(left, right):
    return len(left) == len(right) and all(
        times[0] == times[1] and (values[0] == values[1] or (math.isnan(values[0]) and math.isnan(values[1])))
        for times, values in (zip(*pair) for pair in zip(left, right)))


def kind_of(must, is_so):
    return "missing" if len(is_so) < len(must) else "too many" if len(is_so) > len(must) else "different"


def _labels(name, **labels):
    return key({"__name__": name, "job": JOB, "instance": "", **labels})


def _value(order):
    return order.choice([
        lambda: float(order.randrange(100)), lambda: order.randrange(1_000_000) / 1000, order.random, lambda: order.uniform(-1e300, 1e300),
        lambda: math.nan, lambda: math.inf, lambda: -math.inf, lambda: 0.0])()


def _text(value):
    return "NaN" if math.isnan(value) else ("+Inf" if value > 0 else "-Inf") if math.isinf(value) else repr(value)


def _plain(kind, name, count, order):
    series = {_labels(name, i=str(i)): _value(order) for i in range(count)}
    lines = [f'{name}{{i="{dict(labels)["i"]}"}} {_text(value)}\n' for labels, value in series.items()]
    return series, f"# TYPE {name} {kind}\n" + "".join(lines)


def _gauge(name, count, order):
    return _plain("gauge", name, count, order)


def _counter(name, count, order):
    return _plain("counter", name, count, order)


def _untyped(name, count, order):
    return _plain("untyped", name, count, order)


def _summary(name, count, order):
    series, lines = {}, [f"# TYPE {name} summary\n"]
    for i in range(count):
        half, total, number = _value(order), _value(order), order.randrange(1000)
        series |= {_labels(name, i=str(i), quantile="0.5"): half, _labels(f"{name}_sum", i=str(i)): total, _labels(f"{name}_count", i=str(i)): float(number)}
        lines.append(f'{name}{{i="{i}",quantile="0.5"}} {_text(half)}\n{name}_sum{{i="{i}"}} {_text(total)}\n{name}_count{{i="{i}"}} {number}\n')
    return series, "".join(lines)


def _histogram(name, count, order):
    series, lines = {}, [f"# TYPE {name} histogram\n"]
    for i in range(count):
        low = order.randrange(100)
        number, total = low + order.randrange(100), _value(order)
        series |= {
            _labels(f"{name}_bucket", i=str(i), le="1"): float(low), _labels(f"{name}_bucket", i=str(i), le="+Inf"): float(number),
            _labels(f"{name}_sum", i=str(i)): total, _labels(f"{name}_count", i=str(i)): float(number)}
        lines.append(
            f'{name}_bucket{{i="{i}",le="1"}} {low}\n{name}_bucket{{i="{i}",le="+Inf"}} {number}\n'
            f'{name}_sum{{i="{i}"}} {_text(total)}\n{name}_count{{i="{i}"}} {number}\n')
    return series, "".join(lines)


def _native(name, count, order):
    """A histogram without classic buckets, of which history keeps sum and count."""
    series, metrics = {}, b""
    for i in range(count):
        number, total = order.randrange(1000), _value(order)
        series |= {_labels(f"{name}_sum", i=str(i)): total, _labels(f"{name}_count", i=str(i)): float(number)}
        span = _varint(1, _zigzag(order.randrange(-5, 5))) + _varint(2, 2)
        histogram = (
            _varint(1, number) + _double(2, total) + _varint(5, _zigzag(3)) + _double(6, 0.001) + _varint(7, 0)
            + _message(12, span) + _packed(13, [number, -order.randrange(1 + number)]))
        metrics += _message(4, _message(1, _string(1, "i") + _string(2, str(i))) + _message(7, histogram))
    family = _string(1, name) + _varint(3, HISTOGRAM) + metrics
    return series, _number(len(family)) + family


def _number(value):
    encoded = b""
    while value > 0x7F:
        encoded += bytes([value & 0x7F | 0x80])
        value >>= 7
    return encoded + bytes([value])


def _zigzag(value):
    return value << 1 if value >= 0 else (-value << 1) - 1


def _field(number, wire):
    return _number(number << 3 | wire)


def _varint(number, value):
    return _field(number, 0) + _number(value)


def _double(number, value):
    return _field(number, 1) + struct.pack("<d", value)


def _message(number, content):
    return _field(number, 2) + _number(len(content)) + content


def _string(number, text):
    return _message(number, text.encode())


def _packed(number, values):
    return _message(number, b"".join(_number(_zigzag(value)) for value in values))
