"""A store of which everything is known: which groups were pushed how often, with which values."""

import http.client
import threading

from kinds import WITNESS, Template

JOB = "damage"
# A value tells its group and its push.
PUSHES = 1000


class Known:
    """Groups with the numbers of their pushes. Lanes push side by side, each group from one of them."""

    def __init__(self, sizes):
        """Sizes are (groups, template, pushes of each)."""
        self.plan = {}
        for groups, template, pushes in sizes:
            for _ in range(groups):
                self.plan[f"g{len(self.plan)}"] = (len(self.plan), template, pushes)
        self.pushed = dict.fromkeys(self.plan, 0)

    def fill(self, port):
        most = max(pushes for _, _, pushes in self.plan.values())
        for number in range(1, most + 1):
            self.push(port, [name for name, (_, _, pushes) in self.plan.items() if number <= pushes])

    def push(self, port, names, lanes=4):
        """Pushes each once more; raises if one is not taken."""
        failures = []
        threads = [threading.Thread(target=self._lane, args=(port, names[lane::lanes], failures)) for lane in range(lanes)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise RuntimeError(f"{len(failures)} pushes were not taken: {failures[0]}")

    def _lane(self, port, names, failures):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for name in names:
            index, template, _ = self.plan[name]
            try:
                connection.request("PUT", f"/metrics/job/{JOB}/group/{name}", template.body(index * PUSHES + self.pushed[name] + 1))
                answer = connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException) as failure:
                failures.append(f"{name}: {failure!r}")
                return
            if answer.status not in (200, 202):
                failures.append(f"{name}: {answer.status} {text[:300]!r}")
            else:
                self.pushed[name] += 1
        connection.close()

    def newest(self, name):
        index, template, _ = self.plan[name]
        return template.state(index * PUSHES + self.pushed[name])

    def was_pushed(self, name, state):
        """True if a push of that group made this very state."""
        if name not in self.plan:
            return False
        index, template, _ = self.plan[name]
        number = max(value for _, value in state)
        return 0 < number - index * PUSHES <= self.pushed[name] and state == template.state(int(number))


def standard_groups(scale=1.0):
    """Small groups with a short history, some with a long one, some wide: every map of the store gets used."""
    return Known([
        (int(2000 * scale), Template({f"small{i}": 1 for i in range(5)}), 8),
        (int(100 * scale), Template({f"long{i}": 4 for i in range(5)}), 250),
        (int(40 * scale), Template({f"wide{i}": 62 for i in range(26)}), 40)])


SELECTOR = f'{{job="{JOB}",s="{WITNESS}"}}'
