"""What legal requests a client can craft so that they cost more than they look: each is a client of `hostile`, seeded by it."""

import http.client
import socket
from itertools import product
from urllib.parse import urlencode

MEGABYTE = 1 << 20
LONGEST_TEXT = 20_000
MOST_LABELS = 9_000
MOST_FAMILIES = 25_000
SELECTORS = 3_000
PATIENCE_SECONDS = 120
# Two letters each, of one hash code in Java; so are all words of as many pairs.
PAIRS = ("Aa", "BB")


def _push(client, group, body, state, most):
    """Pushes, and deletes the oldest group if there are more than that many."""
    if client.request("PUT", group, body.encode(), state):
        client.mine.append(group)
    if len(client.mine) > most and client.request("DELETE", client.mine[0], b""):
        client.mine.pop(0)


def long_key(client):
    """Grouping keys of up to 20 KB, some of them too long."""
    group = client.new_group() + "x" * client.order.randrange(LONGEST_TEXT)
    _push(client, group, "far 1\n", {("far", 1.0): 1}, 300)
    client.stop.wait(0.05)


def many_labels(client):
    """Series with up to 9,000 labels."""
    count = client.order.choice((20, 100, MOST_LABELS))
    labels = ",".join(f'l{i}="{client.order.randrange(1000)}"' for i in range(count))
    body = "".join(f'wide{{i="{i}",{labels}}} 1\n' for i in range(10))
    _push(client, client.new_group(), body, {("wide", 1.0): 10}, 50)
    client.stop.wait(0.2)


def families(client):
    """Names of metrics that nobody has used before, sometimes more than a push may have."""
    names = [f"n{client.order.randrange(1 << 40):x}_{i}" for i in range(client.order.choice((100, 5_000, MOST_FAMILIES)))]
    _push(client, client.new_group(), "".join(f"{name} 1\n" for name in names), {(name, 1.0): 1 for name in names}, 3)
    client.stop.wait(1)


def collisions(client):
    """Thousands of label values of one hash code, in gauges and in summaries."""
    words = ["".join(word) for word in product(PAIRS, repeat=12)]
    tail = f"{client.order.randrange(1 << 30)}"
    gauges = "".join(f'same{{l="{word}{tail}"}} 1\n' for word in words)
    sums = "# TYPE alike summary\n" + "".join(f'alike_sum{{l="{word}{tail}"}} 1\n' for word in words)
    count = len(words)
    state = {("same", 1.0): count, ("alike_sum", 1.0): count, ("alike_count", 0.0): count}
    _push(client, client.new_group(), gauges + sums, state, 3)
    client.stop.wait(0.5)


def selectors(client):
    """Forms and queries with thousands of selectors that match nothing."""
    count = client.order.choice((10, 100, SELECTORS))
    number = client.order.randrange(1 << 30)
    form = urlencode([("match[]", f'{{job=~".*(a|b)*{number + i}"}}') for i in range(count)])
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=PATIENCE_SECONDS)
    try:
        if client.order.random() < 0.5:
            connection.request("GET", f"/api/v1/history?{form}")
        else:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", "/api/v1/admin/delete_groups", f"{form}&dry_run=true", headers)
        answer = connection.getresponse()
        while answer.read(MEGABYTE):
            pass
        client.count(answer.status)
    finally:
        connection.close()
    client.stop.wait(1)


def old_scraper(client):
    """Reads pages by HTTP/1.0, to the end of the connection."""
    with _asked(client, client.order.choice(("/metrics", "/api/v1/metrics", "/"))) as one:
        start = one.recv(MEGABYTE)
        client.count(start[:12].decode(errors="replace"))
        while one.recv(MEGABYTE):
            pass
    client.stop.wait(5)


def unread(client):
    """Asks for pages and leaves them unread for up to half a minute."""
    asked = []
    try:
        for _ in range(client.order.randrange(1, 20)):
            asked.append(_asked(client, "/metrics"))
            client.count("asked")
        client.stop.wait(client.order.uniform(0, 30))
    finally:
        for one in asked:
            one.close()


def _asked(client, path):
    one = socket.create_connection(("127.0.0.1", client.port), timeout=PATIENCE_SECONDS)
    one.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
    return one
