"""What a server shows of the groups that this run pushed: every one has the grouping label `group`."""

import http.client
import json
import re
from collections import Counter, defaultdict
from urllib.parse import urlencode

from counting import FAMILY

SAMPLE = re.compile(rb'^(?!push_)([a-zA-Z_]\w*)\{(?:[^}\n]*,)?group="([^"]*)"[^}\n]*\} (\S+)$', re.MULTILINE)


def get(process, path):
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=120)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}: {body[:500]!r}")
    return body


def groups(process):
    """Group -> its state: (family, value) -> how many series of the family have the value."""
    shown = defaultdict(dict)
    for (family, group, value), count in Counter(SAMPLE.findall(get(process, "/metrics"))).items():
        state = shown[group.decode()]
        # Spellings of one number, such as 1e+06, are one value.
        key = family.decode(), float(value)
        state[key] = state.get(key, 0) + count
    return dict(shown)


def history(process, selector, start=0.0):
    """(group, family) -> samples (seconds, value), of all series that the selector matches."""
    found = defaultdict(list)
    answer = json.loads(get(process, "/api/v1/history?" + urlencode({"match[]": selector, "start": f"{start:.3f}"})))
    for series in answer["data"]["result"]:
        labels = series["metric"]
        found[labels.get("group"), labels["__name__"]] += [(seconds, float(value)) for seconds, value in series["values"]]
    return dict(found)


def push_times(node, pusher, start):
    """Number of the push -> milliseconds, in order, as `/api/v1/history` has them of the series that counts pushes."""
    answer = json.loads(get(node, "/api/v1/history?" + urlencode({"match[]": f'{FAMILY}{{pusher="{pusher.pusher}"}}', "start": f"{start:.3f}"})))
    times = defaultdict(list)
    for series in answer["data"]["result"]:
        for seconds, value in series["values"]:
            times[int(float(value))].append(round(1000 * seconds))
    return dict(times)
