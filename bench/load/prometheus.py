"""A real Prometheus that scrapes the nodes each second, as two jobs: with the labels as pushed, and with those that a ServiceMonitor adds."""

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict

SCRAPE_SECONDS = 1
POD = "pod"


def _copy(source, target):
    return {"source_labels": [f"__meta_kubernetes_{source}"], "target_label": target}


def _operator_relabelling():
    """What prometheus-operator writes for a ServiceMonitor of endpoints, in its order."""
    kind_and_name = ["__meta_kubernetes_endpoint_address_target_kind", "__meta_kubernetes_endpoint_address_target_name"]
    return [
        {"source_labels": ["job"], "target_label": "__tmp_prometheus_job_name"},
        {"action": "keep", "source_labels": ["__meta_kubernetes_service_label_app"], "regex": "silverback"},
        {"action": "keep", "source_labels": ["__meta_kubernetes_endpoint_port_name"], "regex": "web"},
        {"source_labels": kind_and_name, "separator": ";", "regex": "Node;(.*)", "replacement": "${1}", "target_label": "node"},
        {"source_labels": kind_and_name, "separator": ";", "regex": "Pod;(.*)", "replacement": "${1}", "target_label": "pod"},
        _copy("namespace", "namespace"), _copy("service_name", "service"), _copy("pod_name", POD), _copy("pod_container_name", "container"),
        {"action": "drop", "source_labels": ["__meta_kubernetes_pod_phase"], "regex": "(Failed|Succeeded)"},
        {"source_labels": ["__meta_kubernetes_service_name"], "target_label": "job", "replacement": "${1}"},
        {"target_label": "endpoint", "replacement": "web"},
        {"source_labels": ["__address__"], "target_label": "__tmp_hash", "modulus": 1, "action": "hashmod"},
        {"source_labels": ["__tmp_hash"], "regex": "0", "action": "keep"}]


def _pod(node):
    """A target as Kubernetes' discovery describes it."""
    labels = {
        "namespace": "monitoring", "service_name": "silverback", "service_label_app": "silverback", "endpoint_port_name": "web",
        "endpoint_address_target_kind": "Pod", "endpoint_address_target_name": f"silverback-{node.name}", "pod_name": f"silverback-{node.name}",
        "pod_container_name": "silverback", "pod_phase": "Running"}
    return {"targets": [node.address], "labels": {f"__meta_kubernetes_{name}": value for name, value in labels.items()}}


def configuration(nodes, discovery):
    interval = f"{SCRAPE_SECONDS}s"
    return {
        "global": {"scrape_interval": interval, "scrape_timeout": interval},
        "scrape_configs": [
            {"job_name": "silverback", "honor_labels": True, **discovery},
            {"job_name": "serviceMonitor/monitoring/silverback/0", "honor_labels": True, "static_configs": [_pod(node) for node in nodes],
             "relabel_configs": _operator_relabelling()}]}


class Prometheus:
    def __init__(self, port, nodes, discovery, folder):
        folder.mkdir()
        self.address, self.began = f"http://127.0.0.1:{port}", time.time()
        # JSON is YAML, too.
        (folder / "prometheus.yml").write_text(json.dumps(configuration(nodes, discovery), indent=2))
        with open(folder / "log.txt", "wb") as log:
            self.child = subprocess.Popen(
                ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address=127.0.0.1:{port}"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=folder, start_new_session=True)
        deadline = time.monotonic() + 30
        while not self._is_ready():
            if self.child.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"Prometheus did not start:\n{(folder / 'log.txt').read_text()[-2000:]}")
            time.sleep(0.05)

    def _is_ready(self):
        try:
            with urllib.request.urlopen(f"{self.address}/-/ready", timeout=1):
                return True
        except OSError:
            return False

    def samples(self, selector, until):
        """The samples as they were scraped, without markers of staleness: (labels, [(second, value)])."""
        seconds = int(until - self.began) + 60
        query = urllib.parse.urlencode({"query": f"{selector}[{seconds}s]", "time": f"{until:.3f}"})
        with urllib.request.urlopen(f"{self.address}/api/v1/query?{query}", timeout=120) as answer:
            result = json.load(answer)["data"]["result"]
        return [(series["metric"], [(second, float(value)) for second, value in series["values"]]) for series in result]

    def by_pusher(self, family, until):
        """As pushed: pusher -> label set -> samples; and with the operator's labels: pusher -> pod -> samples."""
        plain, labelled = defaultdict(dict), defaultdict(dict)
        for labels, samples in self.samples(family, until):
            if POD in labels:
                labelled[labels["pusher"]][labels[POD]] = samples
            else:
                plain[labels["pusher"]][frozenset(labels.items())] = samples
        return plain, labelled

    def stop(self):
        if self.child.poll() is None:
            self.child.terminate()
            self.child.wait()
