"""The servers that are compared, and how each is started."""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable, Optional
from urllib.parse import quote

from process import ServerProcess

BENCH = Path(__file__).resolve().parent.parent
LAUNCHER = BENCH.parent / "server" / "bin" / "silverback"

FLOOR = "floor"
CHECKED = "Pushgateway, checked"
UNCHECKED = "Pushgateway, unchecked"
VICTORIA = "VictoriaMetrics, import"
SILVERBACK = "Silverback"
# Another build of it.
BASELINE = "Silverback, baseline"

# Debian package -> command. wrk is the client.
PACKAGES = {"prometheus-pushgateway": "prometheus-pushgateway", "victoria-metrics": "victoria-metrics", "wrk": "wrk"}

# The floor's collector and heap while there is no Silverback to take them from.
DEFAULT_JVM_FLAGS = ["-XX:+UseSerialGC", "-Xmx64m"]


@dataclass(frozen=True)
class Server:
    name: str
    command: Callable[[int, Path], list]
    ready_path: str = "/-/ready"
    imports: bool = False
    scrape_path: Optional[str] = "/metrics"

    def with_flags(self, *flags):
        return replace(self, command=lambda port, folder: [*self.command(port, folder), *flags])


def _pushgateway(name, *flags):
    return Server(name, lambda port, folder: [
        "prometheus-pushgateway", f"--web.listen-address=127.0.0.1:{port}", "--persistence.file=", "--log.level=error", *flags])


def _victoria_metrics():
    everything = quote('{__name__!=""}')
    return Server(VICTORIA, lambda port, folder: [
        "victoria-metrics", f"-httpListenAddr=127.0.0.1:{port}", f"-storageDataPath={folder}/data", "-retentionPeriod=1d",
        "-loggerLevel=ERROR", "-search.maxUniqueTimeseries=2000000", "-search.maxFederateSeries=2000000",
        "-search.maxQueryDuration=120s"],
        ready_path="/health", imports=True, scrape_path=f"/federate?match[]={everything}")


def silverback(name=SILVERBACK, launcher=LAUNCHER):
    return Server(name, lambda port, folder: [str(launcher), f"--web.listen-address=127.0.0.1:{port}"])


def make_cache(launcher):
    """As packages have it; those bring their own."""
    if not (launcher.parent.parent / "lib" / "silverback-server.aot").is_file():
        subprocess.run([launcher, "make-aot-cache"], stdout=subprocess.DEVNULL, check=True)


def keeping(name, store, *flags):
    """A server that keeps its groups: Silverback in the folder `store`, a Pushgateway in a file there; in memory if it is None."""
    if name == "silverback":
        path = store or ""
        command = [str(LAUNCHER)]
    else:
        path = store / "groups" if store else ""
        command = ["prometheus-pushgateway"]
    return Server(name, lambda port, folder: [
        *command, f"--web.listen-address=127.0.0.1:{port}", f"--persistence.file={path}", "--persistence.interval=1s", *flags])


def _floor(flags):
    return Server(FLOOR, lambda port, folder: [
        str(BENCH / "bin" / "java"), *flags, "io.silverback.bench.FloorServer", str(port)], scrape_path=None)


def jvm_flags(command_line):
    """The flags of a running JVM that shape its speed and size: collector, heap, threads; not what it runs."""
    flags = []
    words = iter(command_line[1:])
    for word in words:
        if word in ("-cp", "-classpath", "--class-path", "-p", "--module-path"):
            next(words, None)
        elif not word.startswith(("-", "@")) or word in ("-jar", "-m", "--module"):
            break
        elif word.startswith(("-XX:AOT", "-XX:SharedArchiveFile", "--class-path=", "--module-path=")) or word.endswith("/jvm.options"):
            # Archives belong to a class path, and bin/java names the options file itself.
            continue
        elif not word.startswith("-D") or word.startswith("-Djdk."):
            flags.append(word)
    return flags


def installed_version(package):
    query = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package], capture_output=True, text=True)
    return query.stdout.strip() if query.returncode == 0 else "unknown"


def need_packages():
    """Debian's peers and the client: installed by root, else named."""
    missing = [package for package, command in PACKAGES.items() if not shutil.which(command)]
    if not missing:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit("missing: " + " ".join(missing) + "\nas root: " + " ".join(install))
    print("installing", *missing, file=sys.stderr)
    subprocess.run(install, check=True, stdout=subprocess.DEVNULL)


def all_servers():
    """Name -> server, in the order of the tables, and the JVM flags that floor and Silverback share."""
    flags = DEFAULT_JVM_FLAGS
    servers = {}
    if os.access(LAUNCHER, os.X_OK):
        own = silverback()
        with tempfile.TemporaryDirectory(prefix="side-by-side-") as folder:
            probe = ServerProcess(own, Path(folder), ready_timeout=300)
            flags = jvm_flags(probe.command_line())
            probe.stop()
        servers[SILVERBACK] = own
    peers = [_floor(flags), _pushgateway(CHECKED), _pushgateway(UNCHECKED, "--push.disable-consistency-check"), _victoria_metrics()]
    return {server.name: server for server in peers} | servers, flags
