"""Debian's nginx in front of the nodes, with a configuration of its own, on the loopback address alone."""

import socket
import subprocess
import time

from counting import PUSH_HEADER

PROGRAM = "/usr/sbin/nginx"
# A node answers within its push budget (8 s), with 503 if need be. Who asks elsewhere before that only makes the nodes do it twice.
READ_SECONDS = 10
CONNECT_SECONDS = 1
# How long nginx lets a server rest that failed. Its default, 10 s, would hide from the returned node what should be tried on it.
REST_SECONDS = 2
# It counts whole seconds, so a rest may be one longer.
LONGEST_REST_SECONDS = REST_SECONDS + 1
# What the log has for a server where there was none to send to.
UPSTREAM = "nodes"
PUSH_VARIABLE = "http_" + PUSH_HEADER.lower().replace("-", "_")


def patience(nodes):
    """How long a client waits that wants to hear nginx' last word: each node may use up the time of one try."""
    return nodes * (READ_SECONDS + CONNECT_SECONDS) + 5


def configuration(port, nodes, choice):
    servers = "\n".join(f"    server {node.address} max_fails=1 fail_timeout={REST_SECONDS}s;" for node in nodes)
    return f"""\
daemon off;
# One process, run by the user that started it: to kill its pid ends all of it.
master_process off;
pid nginx.pid;
error_log error.log warn;
events {{ worker_connections 1024; }}
http {{
  log_format pushes '$msec $status "$upstream_addr" "$upstream_status" "$upstream_response_time" "${PUSH_VARIABLE}" $request';
  access_log access.log pushes;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  # Bodies stay in memory, so that they can be sent again to the next server.
  client_body_buffer_size 1m;
  client_max_body_size 64m;
  keepalive_requests 1000000;
  # A client that rests through several faults finds its connection as it left it.
  keepalive_timeout 1h;
  upstream {UPSTREAM} {{
{choice}{servers}
    keepalive 32;
  }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://{UPSTREAM};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      # Refused or broken connections, silence, and nodes that say that they cannot: the next one is asked. To push the same again is
      # harmless, POST too, which nginx only repeats if told.
      proxy_next_upstream error timeout http_503 non_idempotent;
      proxy_next_upstream_tries {len(nodes)};
      # The kernel answers for a stopped process until its backlog is full: then it is this limit that ends the wait.
      proxy_connect_timeout {CONNECT_SECONDS}s;
      # Longer than a push may wait for its next leader.
      proxy_read_timeout {READ_SECONDS}s;
    }}
  }}
}}
"""


class Balancer:
    """Round robin, or by the URI, as the workaround is that people use."""

    def __init__(self, port, nodes, folder, by_uri=False):
        folder.mkdir()
        self.port, self.folder = port, folder
        (folder / "nginx.conf").write_text(configuration(port, nodes, "    hash $request_uri;\n" if by_uri else ""))
        with open(folder / "output.txt", "wb") as output:
            self.child = subprocess.Popen(
                [PROGRAM, "-p", str(folder), "-e", str(folder / "error.log"), "-c", "nginx.conf"], stdout=output, stderr=output,
                stdin=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 10
        while not self._listens():
            if self.child.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"nginx did not start:\n{(folder / 'output.txt').read_text()}")
            time.sleep(0.02)

    def _listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _log(self):
        """(which push, where nginx sent it), in order."""
        with open(self.folder / "access.log") as lines:
            for line in lines:
                words = line.split('"')
                yield words[7], words[1]

    def asked_again(self):
        """How many pushes nginx sent to more than one server."""
        return sum(", " in servers for _, servers in self._log())

    def never_sent(self):
        """The pushes that nginx refused by itself, as it let every server rest."""
        return {push for push, servers in self._log() if servers == UPSTREAM}

    def stop(self):
        if self.child.poll() is None:
            self.child.terminate()
            self.child.wait()
