"""Two networks between nodes that each have a machine's network of their own: one for clients, and one for peers that can be cut.

Made of the kernel's network namespaces, which only root may make. No address of them can be reached from outside.
"""

import os
import subprocess

# Too little for any packet: so each of them is dropped.
DROP_ALL = ["tbf", "rate", "8bit", "burst", "1", "latency", "1us"]


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class Loopback:
    """The one network of this machine, for all."""

    can_cut = False

    def web_host(self, _name):
        return "127.0.0.1"

    def peer_host(self, _name):
        return "127.0.0.1"

    def command(self, _name, command):
        return command

    def close(self):
        pass


class Wires:
    """A bridge for each network, and a namespace for each node with an end of a wire in both."""

    can_cut = True

    def __init__(self, names):
        self._prefix = f"sb{os.getpid()}"
        # Another run beside this one has others.
        third = 2 * (os.getpid() % 128)
        self._web, self._peers = f"10.213.{third}", f"10.213.{third + 1}"
        self._numbers = {name: index + 2 for index, name in enumerate(names)}
        self._bridges = [f"{self._prefix}w", f"{self._prefix}p"]
        try:
            for bridge in self._bridges:
                run("ip", "link", "add", bridge, "type", "bridge")
                run("ip", "link", "set", bridge, "up")
            # Clients, nginx and Prometheus are where this process is; nothing of the peers is.
            run("ip", "address", "add", f"{self._web}.1/24", "dev", self._bridges[0])
            for name in names:
                self._plug(name)
        except BaseException:
            self.close()
            raise

    def _plug(self, name):
        space = self._space(name)
        run("ip", "netns", "add", space)
        run("ip", "-n", space, "link", "set", "lo", "up")
        for bridge, kind, network in zip(self._bridges, ("web", "peers"), (self._web, self._peers)):
            run("ip", "link", "add", self._end(name, kind), "type", "veth", "peer", "name", kind, "netns", space)
            run("ip", "link", "set", self._end(name, kind), "master", bridge, "up")
            run("ip", "-n", space, "address", "add", f"{network}.{self._numbers[name]}/24", "dev", kind)
            run("ip", "-n", space, "link", "set", kind, "up")

    def _space(self, name):
        return f"{self._prefix}-{name}"

    def _end(self, name, kind):
        return f"{self._prefix}{kind[0]}{self._numbers[name]}"

    def web_host(self, name):
        return f"{self._web}.{self._numbers[name]}"

    def peer_host(self, name):
        return f"{self._peers}.{self._numbers[name]}"

    def command(self, name, command):
        """Runs in the node's namespace, in the very process that is started."""
        return ["ip", "netns", "exec", self._space(name), *command]

    def cut(self, name, hears, speaks):
        """From now on the node's packets to its peers, theirs to it, or both are lost without a word."""
        if not hears:
            run("tc", "qdisc", "add", "dev", self._end(name, "peers"), "root", *DROP_ALL)
        if not speaks:
            run("tc", "-n", self._space(name), "qdisc", "add", "dev", "peers", "root", *DROP_ALL)

    def mend(self, name):
        for command in (["tc"], ["tc", "-n", self._space(name)]):
            device = self._end(name, "peers") if len(command) == 1 else "peers"
            subprocess.run([*command, "qdisc", "del", "dev", device, "root"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def close(self):
        # Wires go with their namespaces.
        for command in [["netns", "del", self._space(name)] for name in self._numbers] + [["link", "del", bridge] for bridge in self._bridges]:
            subprocess.run(["ip", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def possible():
    """Whether this process may make such networks here, and cut them."""
    try:
        wires = Wires(["probe"])
        try:
            wires.cut("probe", False, False)
        finally:
            wires.close()
        return True
    except (OSError, subprocess.CalledProcessError):
        return False
