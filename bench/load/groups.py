"""Groups of gauges for runs that are about the history."""

from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

CLIENTS = 2
JOBS = 20
SUBTASKS = 16


class Groups:
    """What is pushed: groups of gauges whose values change with each push."""

    def __init__(self, groups, series):
        self.groups, self.series = groups, series

    def push(self, connection, group, number):
        lines = ["# TYPE m gauge"]
        for i in range(self.series):
            lines.append(f'm{{task="{i // SUBTASKS}",subtask="{i % SUBTASKS}"}} {(7 * i + 13 * number + group) % 1000}')
        connection.request("PUT", f"/metrics/job/job{group % JOBS}/instance/i{group}", "\n".join(lines) + "\n")
        answer = connection.getresponse()
        reason = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"push failed: status={answer.status} reason={reason[:200]}")

    def fill(self, port, pushes):
        def some(part):
            connection = HTTPConnection("127.0.0.1", port, timeout=60)
            for number in range(pushes):
                for group in range(part, self.groups, CLIENTS):
                    self.push(connection, group, number)

        with ThreadPoolExecutor(CLIENTS) as clients:
            list(clients.map(some, range(CLIENTS)))
