"""Pushes with Prometheus' own Python client: push.py push|pushadd|delete ADDRESS JOB INSTANCE [NAME=VALUE ...]"""
import sys

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    delete_from_gateway,
    push_to_gateway,
    pushadd_to_gateway,
)

action, address, job, instance = sys.argv[1:5]
grouping_key = {"instance": instance}
registry = CollectorRegistry()
for assignment in sys.argv[5:]:
    name, value = assignment.split("=")
    Gauge(name, "A value pushed by Python", registry=registry).set(float(value))

if action == "push":
    push_to_gateway(address, job, registry, grouping_key)
elif action == "pushadd":
    pushadd_to_gateway(address, job, registry, grouping_key)
elif action == "delete":
    delete_from_gateway(address, job, grouping_key)
else:
    sys.exit("unknown action: " + action)
