"""One scrape, read as fast as it comes."""

import http.client
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Scraped:
    length: int
    seconds: float
    cpu_seconds: float
    samples: int


def scrape(process, gzip=False, count=False, settles=True):
    """`count` looks at what came, which costs the client time: not for figures. CPU time means nothing unless it `settles`."""
    coding = "gzip" if gzip else "identity"
    before = process.cpu_seconds()
    started = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=300)
    connection.request(
        "GET", process.server.scrape_path, headers={"Accept": "text/plain;version=0.0.4", "Accept-Encoding": coding})
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"{process.server.name}: scrape answered {answer.status}: {answer.read(500)!r}")
    length = samples = 0
    window = memoryview(bytearray(1 << 20))
    last = b"\n"
    while received := answer.readinto(window):
        length += received
        if count:
            text = last + bytes(window[:received])
            samples += text.count(b"\n", 1) - text.count(b"\n#")
            last = text[-1:]
    seconds = time.monotonic() - started
    connection.close()
    if settles:
        process.settle()
    return Scraped(length, seconds, process.cpu_seconds() - before, samples)
