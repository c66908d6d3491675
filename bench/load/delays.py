"""A proxy before a target of remote write, which passes each request on later than it came, or not at all."""

import http.client
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE_SECONDS = 60
# Of an answer that the server has given up before it comes: its samples were taken, and are sent again.
LATE = 0.05
NOT_PASSED = {"host", "connection", "transfer-encoding", "content-length"}


class _Listener(ThreadingHTTPServer):
    daemon_threads, allow_reuse_address, request_queue_size = True, True, 128

    def handle_error(self, request, client_address):
        """A connection that breaks is no fault of the proxy."""


class DelayingProxy:
    """Delays each request by `seconds`, less or more up to half at random, half of it before the target has it and half after.

    One of twenty takes `late_seconds` after the target has it, while any are delayed.
    """

    def __init__(self, port, target, seed, late_seconds):
        self.port, self.seconds, self._target, self._late_seconds = port, 0.0, target, late_seconds
        self._order, self._lock = random.Random(f"{seed} {port}"), threading.Lock()
        self.requests, self.late, self._listener = 0, 0, None
        self.open()

    def open(self):
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                proxy.pass_on(self)

            def log_message(self, *_):
                pass

        self._listener = _Listener(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._listener.serve_forever, args=(0.1,), daemon=True).start()

    def close(self):
        """From now on a connection is refused, and one that is open ends with its next request."""
        listener, self._listener = self._listener, None
        if listener:
            listener.shutdown()
            listener.server_close()

    def _delays(self):
        with self._lock:
            self.requests += 1
            if not self.seconds:
                return 0.0, 0.0
            half = self.seconds * self._order.uniform(0.25, 0.75)
            if self._order.random() < LATE:
                self.late += 1
                return half, self._late_seconds
            return half, half

    def pass_on(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        before, after = self._delays()
        time.sleep(before)
        request.close_connection = True
        if self._listener is None:
            return
        connection = http.client.HTTPConnection("127.0.0.1", self._target, timeout=PATIENCE_SECONDS)
        try:
            headers = {name: value for name, value in request.headers.items() if name.lower() not in NOT_PASSED}
            connection.request("POST", request.path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            # As if the target itself had broken the connection.
            return
        finally:
            connection.close()
        time.sleep(after)
        request.close_connection = self._listener is None
        request.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in NOT_PASSED | {"date"}:
                request.send_header(name, value)
        if answer.status != 204:
            request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)
