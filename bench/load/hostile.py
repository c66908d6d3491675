"""Clients that go over every limit, each a thread; what they were answered is counted, and which of their groups were taken is known."""

import gzip
import http.client
import random
import selectors
import socket
import threading
import time
from collections import Counter

import crafted
from kinds import Template

JOB = "soak"
MEGABYTE = 1 << 20
BOMB_BYTES = 400 * MEGABYTE
BODY_BYTES = 80 * MEGABYTE
LABEL_BYTES = MEGABYTE
SLOW_CONNECTIONS = 50
HALF_OPEN_CONNECTIONS = 1000


class Ledger:
    """What was answered to whom, and in which state each group has to be. A group belongs to one client."""

    def __init__(self):
        self.answers = Counter()
        self.taken, self.doubtful = {}, set()

    def status_counts(self):
        """Status -> how often, for each kind of client."""
        found = {}
        for (client, status), count in sorted(self.answers.items(), key=str):
            found.setdefault(client, {})[status] = count
        return found


class Client(threading.Thread):
    """Does something again and again until it is told to stop, on a connection that is renewed when it breaks."""

    def __init__(self, port, ledger, stop, seed, what, number):
        super().__init__(daemon=True)
        self.port, self.ledger, self.stop, self.what = port, ledger, stop, what
        self.order, self.made = random.Random(f"{seed} {what.__name__} {number}"), 0
        self.prefix = f"{what.__name__}-{self.order.randrange(1 << 32):08x}"
        self.mine = []
        self.connection = None

    def run(self):
        while not self.stop.is_set():
            try:
                self.what(self)
            except (OSError, http.client.HTTPException) as broken:
                self.count(type(broken).__name__)
                self.stop.wait(0.05)
        if self.connection:
            self.connection.close()

    def count(self, status):
        self.ledger.answers[self.what.__name__, status] += 1

    def new_group(self):
        self.made += 1
        return f"{self.prefix}-{self.made}"

    def request(self, method, group, body, state=None, headers=None):
        """Sends it, and notes what the server has to show of the group from now on."""
        if not self.connection:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.ledger.doubtful.add(group)
        try:
            self.connection.request(method, f"/metrics/job/{JOB}/group/{group}", body, headers or {})
            answer = self.connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise
        self.count(answer.status)
        if answer.status >= 500 and answer.status not in (503, 507):
            return False
        self.ledger.doubtful.discard(group)
        if answer.status >= 300:
            return False
        if method == "DELETE":
            self.ledger.taken.pop(group, None)
        else:
            self.ledger.taken[group] = state
        return True


SMALL = [Template({f"soak{i}": 2 for i in range(size)}) for size in (3, 5, 7)]
# One beyond the limit of a group, and one that is not.
LARGE = [Template({f"giant{i}": size for i in range(10)}) for size in (15_000, 5_000)]


def newcomer(client):
    """New groups without end, each pushed again in another shape now and then; a few end."""
    template, number = client.order.choice(SMALL), client.order.randrange(1 << 30)
    chance = client.order.random()
    if client.mine and chance < 0.3:
        client.request("PUT", client.order.choice(client.mine), template.body(number), template.state(number))
    elif client.mine and chance < 0.35:
        group = client.mine[0]
        if client.request("DELETE", group, b""):
            client.mine.pop(0)
    else:
        group = client.new_group()
        if client.request("PUT", group, template.body(number), template.state(number)):
            client.mine.append(group)


def giant(client):
    """Groups of too many series, and large ones until there are too many in all."""
    template = client.order.choice(LARGE)
    client.request("PUT", client.new_group(), template.body(1), template.state(1))
    client.stop.wait(2)


_bomb = []


def bomb(client):
    """A small body that inflates beyond every limit."""
    if not _bomb:
        _bomb.append(gzip.compress(b"#" + b" " * BOMB_BYTES + b"\n", 6))
    client.request("PUT", client.new_group(), _bomb[0], {}, {"Content-Encoding": "gzip"})
    client.stop.wait(0.5)


def labeler(client):
    """Label values of a megabyte, each a new one."""
    value = f"{client.order.random()}" * (LABEL_BYTES // 18)
    client.request("PUT", client.new_group(), f'labelled{{l="{value}"}} 1\n'.encode(), {("labelled", 1.0): 1})
    client.stop.wait(0.1)


def heavy(client):
    """A body that is too long."""
    line = b"# " + b"x" * 997 + b"\n"
    client.request("PUT", client.new_group(), line * (BODY_BYTES // len(line)), {})
    client.stop.wait(1)


def scraper(client):
    """Reads the page as a Prometheus would."""
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=120)
    try:
        connection.request("GET", "/metrics", headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        while answer.read(MEGABYTE):
            pass
        client.count(answer.status)
    finally:
        connection.close()
    client.stop.wait(5)


def slow(client):
    """Bodies that come a byte a second, on many connections at once."""
    head = f"PUT /metrics/job/{JOB}/group/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n".encode()
    _hold(client, SLOW_CONNECTIONS, head, b"#")


def half_open(client):
    """Connections that never finish their head."""
    _hold(client, HALF_OPEN_CONNECTIONS, b"PUT /metrics/job/x HTTP/1.1\r\nHost: x\r\nX-Half", b"")


def _hold(client, most, head, drip):
    """Keeps that many connections open, opening others for those that the server ends, and says a little on each every second."""
    held = set()
    with selectors.DefaultSelector() as ready:
        while not client.stop.is_set():
            while len(held) < most and not client.stop.is_set():
                try:
                    one = socket.create_connection(("127.0.0.1", client.port), timeout=2)
                    one.sendall(head)
                except OSError as refused:
                    client.count(f"{type(refused).__name__} at first")
                    break
                client.count("opened")
                held.add(one)
                ready.register(one, selectors.EVENT_READ)
            for key, _ in ready.select(timeout=0):
                _read_end(client, key.fileobj)
                _drop(ready, held, key.fileobj)
            for one in list(held) if drip else ():
                try:
                    one.sendall(drip)
                except OSError:
                    client.count("cut off")
                    _drop(ready, held, one)
            client.stop.wait(1)
        for one in list(held):
            _drop(ready, held, one)


def _read_end(client, one):
    try:
        answer = one.recv(4096)
        client.count(answer[:12].decode(errors="replace") if answer else "closed")
    except OSError as broken:
        client.count(type(broken).__name__)


def _drop(ready, held, one):
    ready.unregister(one)
    held.discard(one)
    one.close()


CLIENTS = {
    newcomer: 3, giant: 1, bomb: 1, labeler: 1, heavy: 1, scraper: 1, slow: 1, half_open: 1, crafted.long_key: 1, crafted.many_labels: 1,
    crafted.families: 1, crafted.collisions: 1, crafted.selectors: 1, crafted.old_scraper: 1, crafted.unread: 1}


def start(port, stop, seed):
    """All clients, running, and what they note."""
    ledger = Ledger()
    clients = [Client(port, ledger, stop, seed, what, number) for what, count in CLIENTS.items() for number in range(count)]
    for client in clients:
        client.start()
        time.sleep(0.05)
    return clients, ledger
