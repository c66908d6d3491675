"""Remote read as Prometheus asks for it, and what its answers say of themselves."""

import http.client
import struct
import time
from dataclasses import dataclass

SAMPLES, CHUNKS = 0, 1
FORMS = {"chunks": CHUNKS, "samples": SAMPLES}
EQUAL = 0

READ = "/api/v1/read"
WRITE = "/api/v1/write"
_HEADERS = {
    "Content-Encoding": "snappy", "Content-Type": "application/x-protobuf", "X-Prometheus-Remote-Read-Version": "0.1.0",
    "X-Prometheus-Remote-Write-Version": "0.1.0"}
_LITERAL_BYTES = 60_000
_CHECKSUM_BYTES = 4


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def read_varint(text, at=0):
    """The number, and where it ends."""
    number = shift = 0
    while True:
        byte = text[at]
        number |= (byte & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if byte < 0x80:
            return number, at


def _bytes_field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def _integer_field(number, value):
    return varint(number << 3) + varint(value)


def snappy(content):
    """A block of literals alone."""
    out = bytearray(varint(len(content)))
    for start in range(0, len(content), _LITERAL_BYTES):
        literal = content[start:start + _LITERAL_BYTES]
        out += struct.pack("<BH", 61 << 2, len(literal) - 1) + literal
    return bytes(out)


def unsnap(block):
    length, at = read_varint(block)
    out = bytearray()
    while at < len(block):
        tag, kind = block[at], block[at] & 3
        if kind == 0:
            size, at = (tag >> 2) + 1, at + 1
            if size > 60:
                width = size - 60
                size, at = int.from_bytes(block[at:at + width], "little") + 1, at + width
            out += block[at:at + size]
            at += size
            continue
        if kind == 1:
            size, distance, at = (tag >> 2 & 7) + 4, tag >> 5 << 8 | block[at + 1], at + 2
        else:
            width = 2 if kind == 2 else 4
            size, distance, at = (tag >> 2) + 1, int.from_bytes(block[at + 1:at + 1 + width], "little"), at + 1 + width
        for _ in range(size):
            out.append(out[-distance])
    if len(out) != length:
        raise RuntimeError(f"not a whole block: length={len(out)} declared={length}")
    return bytes(out)


def request(form, labels):
    """For all samples up to now of the series with these labels."""
    query = _integer_field(1, 0) + _integer_field(2, int(time.time() * 1000) + 1000)
    for name, value in labels.items():
        query += _bytes_field(3, _integer_field(1, EQUAL) + _bytes_field(2, name.encode()) + _bytes_field(3, value.encode()))
    return snappy(_bytes_field(1, query) + _integer_field(2, form))


@dataclass(frozen=True)
class Answer:
    length: int
    seconds: float
    # Of the first pieces, or all of it if it was to be kept.
    content: bytes


def post(port, path, body, status=200, keep=False):
    """Reads an answer as fast as it comes; all of it is kept only if asked for."""
    started = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    try:
        connection.request("POST", path, body, _HEADERS)
        answer = connection.getresponse()
        if answer.status != status:
            raise RuntimeError(f"{path} answered {answer.status}: {answer.read(500)!r}")
        length, kept = 0, bytearray()
        window = memoryview(bytearray(1 << 20))
        while received := answer.readinto(window):
            if keep or not length:
                kept += window[:received]
            length += received
    finally:
        connection.close()
    return Answer(length, time.monotonic() - started, bytes(kept))


def declared_length(answer):
    """Of the message in a block: two servers with the same samples write the same one."""
    return read_varint(answer.content)[0]


def result_of(answer):
    """The content of the only result, which is a request to write the same series."""
    message = unsnap(answer.content)
    length, at = read_varint(message, 1)
    if at + length != len(message):
        raise RuntimeError(f"more than one result: length={len(message)}")
    return message[at:]


def frames(content):
    """How many series an answer in chunks has, to its very end."""
    at = count = 0
    while at < len(content):
        length, at = read_varint(content, at)
        at, count = at + _CHECKSUM_BYTES + length, count + 1
    if at != len(content):
        raise RuntimeError(f"the last frame is cut: length={len(content)} expected={at}")
    return count
