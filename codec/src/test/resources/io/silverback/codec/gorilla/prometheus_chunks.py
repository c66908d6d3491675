#!/usr/bin/env python3
"""Makes prometheus-chunks.txt: samples, and the XOR chunks that a real Prometheus made of them.

    ./prometheus_chunks.py > prometheus-chunks.txt

Needs a `prometheus` of version 2 on the path (no library). It is started on a free port of 127.0.0.1
with an empty folder, fed by remote write, since only that lets every bit of a NaN through, and asked
for a snapshot, whose chunk file is read. A line of the output is one of

    series NAME
    sample MILLIS VALUE      value: 16 hex digits
    chunk BYTES              hex; the chunks of a series hold its samples in order
"""
import json
import os
import random
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

SEED = 20260101
START = 1_699_999_200_000  # on a border of two hours, where Prometheus cuts chunks


def bits(value):
    return struct.unpack(">Q", struct.pack(">d", value))[0]


def jittered(count, rng, start=START):
    return [start + 10_000 * i + rng.randint(-5, 5) for i in range(1, count + 1)]


def from_deltas(deltas, start=START):
    times = [start]
    for delta in deltas:
        times.append(times[-1] + delta)
    return times


def series_of_today():
    rng = random.Random(SEED)
    regular = [START + 15_000 * i for i in range(24)]
    counter, total = [], 0
    for _ in range(130):
        total += rng.randint(0, 40)
        counter.append(bits(float(total)))
    changes = [8192, -8191, 8193, -8192, 65536, -65535, 65537, -65536,
               524288, -524287, 524289, -524288, 0, 1, -1, 5000, -5000]
    deltas = [10_000]
    for change in changes:
        deltas.append(deltas[-1] + change)
    special = [bits(1.0), 0x7FF0000000000002, 0x7FF0000000000002, bits(1.0), 0x7FF8000000000001,
               0xFFF8000000000123, 0x7FF0000000000001, bits(float("inf")), bits(float("-inf")),
               0x8000000000000000, 0, 1, 0x8000000000000001, 0x000FFFFFFFFFFFFF,
               0x7FEFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0, 0x7FF0000000000002]
    return {
        "constant": list(zip(regular, [bits(42.0)] * len(regular))),
        "counter": list(zip(jittered(130, rng), counter)),
        "decimals": list(zip(jittered(40, rng), [bits(rng.randint(0, 99_999) / 1000) for _ in range(40)])),
        "integers": list(zip(jittered(40, rng), [bits(float(rng.randint(0, 12))) for _ in range(40)])),
        "irregular": list(zip(from_deltas(deltas), [bits(float(i % 3)) for i in range(len(deltas) + 1)])),
        "random": list(zip(jittered(40, rng), [bits(rng.random()) for _ in range(40)])),
        "short": [(START + 1, bits(12.0)), (START + 10_003, bits(12.0)), (START + 19_999, bits(24.0)),
                  (START + 30_000, bits(15.0))],
        "single": [(START + 77, bits(0.1))],
        "special": list(zip(jittered(len(special), rng), special)),
    }


def series_of_the_epoch():
    rng = random.Random(SEED + 1)
    return {
        "at_epoch": [(10_000 * i, bits(float(i))) for i in range(6)],
        "before_epoch": list(zip(jittered(6, rng, start=-45_000), [bits(rng.random()) for _ in range(6)])),
    }


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number >> 7:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def write_request(series):
    request = b""
    for name, samples in series.items():
        label = field(1, b"__name__") + field(2, name.encode())
        message = field(1, label)
        for millis, value in samples:
            message += field(2, b"\x09" + struct.pack("<Q", value) + b"\x10" + varint(millis))
        request += field(1, message)
    return request


def snappy(data):
    """A snappy block of literals only, which is allowed and needs no library."""
    out = bytearray(varint(len(data)))
    for i in range(0, len(data), 60):
        piece = data[i:i + 60]
        out.append((len(piece) - 1) << 2)
        out += piece
    return bytes(out)


def post(url, data=b"", headers=None):
    request = urllib.request.Request(url, data=data, headers=headers or {}, method="POST")
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.read()


def wait_until_ready(base):
    for _ in range(100):
        try:
            urllib.request.urlopen(base + "/-/ready", timeout=1).read()
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise SystemExit("prometheus does not get ready")


def chunks_of(path):
    """The chunks of one file: 8 bytes of header, then length, encoding, data, CRC-32C."""
    with open(path, "rb") as file:
        data = file.read()
    at = 8
    while at < len(data):
        length = shift = 0
        while True:
            byte = data[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        assert data[at] == 1, "not an XOR chunk"
        yield data[at + 1:at + 1 + length]
        at += 1 + length + 4


def run(series):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "prometheus.yml")
        open(config, "w").close()
        base = f"http://127.0.0.1:{port}"
        process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver",
             "--web.enable-admin-api"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until_ready(base)
            post(base + "/api/v1/write", snappy(write_request(series)),
                 {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf",
                  "X-Prometheus-Remote-Write-Version": "0.1.0"})
            name = json.loads(post(base + "/api/v1/admin/tsdb/snapshot"))["data"]["name"]
            snapshot = f"{folder}/data/snapshots/{name}"
            blocks = os.listdir(snapshot)
            assert len(blocks) == 1, blocks
            chunks = iter(list(chunks_of(f"{snapshot}/{blocks[0]}/chunks/000001")))
        finally:
            process.terminate()
            process.wait()
    for name in sorted(series):
        print("series", name)
        for millis, value in series[name]:
            print(f"sample {millis} {value:016x}")
        missing = len(series[name])
        while missing > 0:
            chunk = next(chunks)
            missing -= struct.unpack(">H", chunk[:2])[0]
            print("chunk", chunk.hex())
        assert missing == 0, name
    assert next(chunks, None) is None


def main():
    version = subprocess.run(["prometheus", "--version"], capture_output=True, text=True, check=True)
    print("# made by prometheus_chunks.py with", version.stdout.splitlines()[0].split(" (")[0])
    run(series_of_today())
    run(series_of_the_epoch())
    return 0


if __name__ == "__main__":
    sys.exit(main())
