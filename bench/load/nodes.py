"""Servers behind one balancer, each with a place of its own: what a fault does to one, and what it shows."""

import http.client
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from counting import FAMILY

SHOWN = re.compile(rb"^" + FAMILY.encode() + rb'\{(?:[^}\n]*,)?pusher="([^"]*)"[^}\n]*\} (\S+)$', re.MULTILINE)
UNSETTLED = re.compile(rb"^silverback_cluster_(?:taking_over|handing_over|under_replicated)_slots ([^0].*)$", re.MULTILINE)
REQUEST_SECONDS = 1.0
# What waits for the cluster may take this long.
WAIT_SECONDS = 60.0


def lasting_ports(count):
    """Ports that nobody listens on, of those that the kernel gives to no connection: a killed server finds its port free again."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as limits:
        first_given = int(limits.read().split()[0])
    if first_given < 20_000:
        # The kernel gives away nearly all of them, so none lasts for sure.
        first_given = 32_768
    ports = []
    for _ in range(1000):
        port = random.SystemRandom().randrange(10_000, first_given)
        with socket.socket() as probe:
            # Without this, connections of an earlier run that linger would make it look taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in ports:
            ports.append(port)
        if len(ports) == count:
            return ports
    raise RuntimeError(f"no free ports: wanted={count} from=10000 to={first_given}")


class Node:
    """A server that keeps its name, its ports and its folder from one start to the next. `asked` is false while it cannot answer."""

    def __init__(self, name, kind, port, peer_port, folder, wires):
        self.name, self.kind, self.port, self.peer_port, self.folder, self.wires = name, kind, port, peer_port, folder, wires
        self.store = folder / "store"
        self.child, self.starts, self.asked = None, 0, False
        folder.mkdir()

    @property
    def address(self):
        return f"{self.wires.web_host(self.name)}:{self.port}"

    @property
    def peer_address(self):
        return f"{self.wires.peer_host(self.name)}:{self.peer_port}"

    def start(self, nodes):
        """Returns at once: the nodes of a cluster become ready together."""
        self.starts += 1
        with open(self.folder / f"log-{self.starts}.txt", "wb") as log:
            # The launcher must not look for changed sources at each start, while the clock runs.
            self.child = subprocess.Popen(
                self.wires.command(self.name, self.kind.command(self, nodes)), stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder,
                env=os.environ | {"SILVERBACK_BUILD": "never"},
                # Ctrl-C in a terminal is for the harness alone.
                start_new_session=True)
        self.asked = True

    def kill(self):
        self.asked = False
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()

    def terminate(self, limit=60.0):
        """SIGTERM; the node is asked on, as it shows its groups until others have them. Returns the seconds, and whether it ended by itself."""
        began = time.monotonic()
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(limit)
            by_itself = True
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            by_itself = False
        self.asked = False
        return time.monotonic() - began, by_itself

    def lose_store(self):
        if self.store.is_dir():
            shutil.rmtree(self.store)
        else:
            self.store.unlink(missing_ok=True)

    def pause(self):
        self.asked = False
        self.child.send_signal(signal.SIGSTOP)

    def resume(self):
        self.child.send_signal(signal.SIGCONT)
        self.asked = True

    def get(self, path):
        """The body of a 200, else None."""
        try:
            with urllib.request.urlopen(f"http://{self.address}{path}", timeout=REQUEST_SECONDS) as answer:
                return answer.read()
        except (OSError, http.client.HTTPException):
            return None

    def ask(self, method, path):
        """The status of the answer, or None without one."""
        request = urllib.request.Request(f"http://{self.address}{path}", method=method)
        try:
            with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as answer:
                return answer.status
        except urllib.error.HTTPError as refused:
            return refused.code
        except (OSError, http.client.HTTPException):
            return None

    def ended(self):
        return self.child.poll() is not None

    def is_ready(self):
        return self.get("/-/ready") is not None

    def is_settled(self):
        """Ready, and nothing left to move or to copy."""
        page = self.get("/metrics") if self.is_ready() else None
        return page is not None and not UNSETTLED.search(page)

    def shown(self):
        """Pusher -> value, of the groups on its page."""
        page = self.get("/metrics") if self.asked else None
        return {pusher.decode(): int(float(value)) for pusher, value in SHOWN.findall(page or b"")}


def shown_by_all(nodes):
    """Pusher -> the greatest value on any page."""
    with ThreadPoolExecutor(len(nodes)) as askers:
        pages = list(askers.map(Node.shown, nodes))
    union = {}
    for page in pages:
        for pusher, value in page.items():
            union[pusher] = max(value, union.get(pusher, value))
    return union
