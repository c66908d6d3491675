"""Targets of remote write, each on a port of our choice, and the samples that they have."""

import json
import urllib.parse
import urllib.request

from process import ServerProcess
from servers import Server


def victoria(port):
    return Server("VictoriaMetrics", lambda _, folder: [
        "victoria-metrics", f"-httpListenAddr=127.0.0.1:{port}", f"-storageDataPath={folder}/data", "-retentionPeriod=1d", "-loggerLevel=ERROR",
        "-search.latencyOffset=0s", "-search.maxUniqueTimeseries=2000000", "-search.maxQueryDuration=120s"], ready_path="/health")


def prometheus(port):
    """Takes what is late by an hour, as the documentation says that it needs to."""
    def command(_, folder):
        (folder / "prometheus.yml").write_text("storage: {tsdb: {out_of_order_time_window: 1h}}\n")
        return ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}",
                "--web.enable-remote-write-receiver", "--log.level=warn"]
    return Server("Prometheus", command)


class FixedPort(ServerProcess):
    """A server on a port of our choice, so that it can be named before it is there."""

    def __init__(self, server, port, folder):
        self._fixed = port
        super().__init__(server, folder)

    @property
    def port(self):
        return self._fixed

    @port.setter
    def port(self, _):
        pass


def samples_of_prometheus(port, selector, began, until):
    """Labels -> [(milliseconds, value)], without stale samples, which it shows to nobody."""
    query = urllib.parse.urlencode({"query": f"{selector}[{int(until - began) + 60}s]", "time": f"{until:.3f}"})
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?{query}", timeout=120) as answer:
        result = json.load(answer)["data"]["result"]
    return {frozenset(series["metric"].items()): [(round(1000 * second), float(value)) for second, value in series["values"]] for series in result}


def samples_of_victoria(port, selector, _began, _until):
    """The same with all repeats, and with None for a stale sample."""
    query = urllib.parse.urlencode({"match[]": selector})
    urllib.request.urlopen(f"http://127.0.0.1:{port}/internal/force_flush", timeout=60).read()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/export?{query}", timeout=120) as answer:
        found = {}
        for line in answer:
            series = json.loads(line)
            found.setdefault(frozenset(series["metric"].items()), []).extend(zip(series["timestamps"], series["values"]))
    return found
