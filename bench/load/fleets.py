"""What the nodes behind a balancer are: a cluster of Silverbacks, or Pushgateways that know nothing of one another."""

import random
import subprocess


def static_targets(nodes):
    return {"static_configs": [{"targets": [node.address for node in nodes]}]}


class Silverbacks:
    """A cluster; of one node, a server without a cluster."""

    name = "Silverback"

    def __init__(self, launcher, folder, flags, in_memory):
        self.launcher, self.flags, self.in_memory = launcher, flags, in_memory
        self.secret = folder / "secret"
        self.secret.write_text("".join(random.SystemRandom().choices("0123456789abcdef", k=32)) + "\n")
        self.secret.chmod(0o600)
        # In a checkout this builds what changed.
        subprocess.run([launcher, "--help"], check=True, stdout=subprocess.DEVNULL)

    def command(self, node, nodes):
        store = "" if self.in_memory else node.store
        command = [
            self.launcher, f"--web.listen-address={node.address}", f"--persistence.file={store}", "--web.enable-admin-api"]
        if len(nodes) > 1:
            command += [
                f"--cluster.listen-address={node.peer_address}", f"--cluster.advertise-web-address={node.address}",
                f"--cluster.node-id={node.name}",
                f"--cluster.bootstrap-expect={len(nodes)}", f"--cluster.secret-file={self.secret}",
                *(f"--cluster.join={other.peer_address}" for other in nodes if other is not node)]
        return command + self.flags

    def discovery(self, nodes):
        if len(nodes) == 1:
            return static_targets(nodes)
        return {"http_sd_configs": [
            {"url": f"http://{node.address}/api/v1/cluster/http_sd", "refresh_interval": "5s"} for node in nodes]}


class Pushgateways:
    """As many Pushgateways of Debian, none of which knows of the others."""

    name = "Pushgateway"

    def __init__(self, flags, in_memory):
        self.flags, self.in_memory = flags, in_memory

    def command(self, node, nodes):
        store = "" if self.in_memory else node.store
        return ["prometheus-pushgateway", f"--web.listen-address={node.address}", f"--persistence.file={store}",
                "--persistence.interval=1s", "--log.level=warn", *self.flags]

    def discovery(self, nodes):
        return static_targets(nodes)
