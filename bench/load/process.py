"""A server process under test: its CPU time and memory as the kernel counts them."""

import collections
import http.client
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class NotReady(RuntimeError):
    """A server that ended (`exit_code`, negative for a signal) or took too long (None) before it was ready."""

    def __init__(self, name, exit_code, log):
        super().__init__(f"{name} did not become ready; the end of its log:\n{log[-2000:]}")
        self.exit_code, self.log = exit_code, log


class ServerProcess:
    """One started server. Its command must end in exec, so that the child is the server itself.

    `refusals` has what its readiness page answered before it was ready: (status, text) -> how often. `on_refusal` is called with the
    process after each of them.
    """

    def __init__(self, server, folder, ready_timeout=60.0, on_refusal=lambda process: None):
        self.server = server
        self.port = free_port()
        self.refusals, self._on_refusal = collections.Counter(), on_refusal
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "log.txt"
        with self.log.open("wb") as log:
            started = time.monotonic()
            self.child = subprocess.Popen(
                server.command(self.port, folder), stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=folder)
        try:
            self._await_ready(started + ready_timeout)
        except BaseException:
            self.stop()
            raise
        self.ready_seconds = time.monotonic() - started

    def _await_ready(self, deadline):
        url = f"http://127.0.0.1:{self.port}{self.server.ready_path}"
        while time.monotonic() < deadline:
            if self.child.poll() is not None:
                break
            try:
                with urllib.request.urlopen(url, timeout=5) as answer:
                    if answer.status == 200:
                        return
            except urllib.error.HTTPError as refusal:
                self.refusals[refusal.code, refusal.read(1000).decode(errors="replace")] += 1
                self._on_refusal(self)
                time.sleep(0.005)
            except (urllib.error.URLError, http.client.HTTPException, OSError):
                time.sleep(0.005)
        raise NotReady(self.server.name, self.child.poll(), self.log_text())

    def log_text(self):
        return self.log.read_text(errors="replace")

    @property
    def pid(self):
        return self.child.pid

    def cpu_seconds(self):
        # The process' CPU clock: what /proc/PID/stat shows as utime + stime, but in nanoseconds and not in ticks of 10 ms.
        return time.clock_gettime((~self.pid << 3) | 2)

    def written_bytes(self):
        """What the process gave the kernel to write to disk. A page of a mapped file counts each time that it is changed after it was clean."""
        with open(f"/proc/{self.pid}/io") as counts:
            return next(int(line.split()[1]) for line in counts if line.startswith("write_bytes"))

    def memory_megabytes(self):
        """Resident now, and at most so far."""
        with open(f"/proc/{self.pid}/status") as status:
            fields = dict(line.split(":", 1) for line in status if ":" in line)
        return tuple(int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))

    def collect_garbage(self):
        """Asks a JVM for a full collection and waits for it."""
        jcmd = os.path.join(os.path.dirname(os.readlink(f"/proc/{self.pid}/exe")), "jcmd")
        subprocess.run([jcmd, str(self.pid), "GC.run"], check=True, stdout=subprocess.DEVNULL)

    def own_metrics(self):
        """What the server says about itself, by series."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=300) as answer:
            lines = [line.decode().rsplit(" ", 1) for line in answer if line.startswith((b"jvm_", b"process_", b"silverback_"))]
        return {name: float(value) for name, value in lines}

    def settle(self, limit=15.0):
        """Waits until the server has done what it put off: queues, merges, collections."""
        deadline = time.monotonic() + limit
        before = self.cpu_seconds()
        while time.monotonic() < deadline:
            time.sleep(0.2)
            after = self.cpu_seconds()
            if after - before < 0.006:
                return
            before = after

    def stop(self):
        if self.child.poll() is not None:
            return
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(15)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def kill(self):
        """As a crash: nothing of the process gets a chance to run."""
        self.child.kill()
        self.child.wait()

    def command_line(self):
        with open(f"/proc/{self.pid}/cmdline", "rb") as line:
            return [os.fsdecode(word) for word in line.read().split(b"\0")[:-1]]
