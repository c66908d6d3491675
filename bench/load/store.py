"""A store directory from outside: what the server says of it in its log, and what it takes."""

import hashlib
import os
import re

RECOVERED = re.compile(r'msg="store recovered"(.*)')
COMPLAINT = re.compile(r"^(?=.*\blevel=(?:warn|error)\b).*$", re.MULTILINE)


def recovered(log):
    """The numbers of the line about a recovery: groups, redone, interrupted, damaged; empty without such a line."""
    line = RECOVERED.search(log)
    return {name: int(value) for name, value in re.findall(r"\b(\w+)=(\d+)\b", line.group(1))} if line else {}


def complaints(log):
    """The lines at warn or error."""
    return COMPLAINT.findall(log)


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def used_bytes(folder):
    """On disk, which is less than the files are long where they are sparse."""
    return sum(path.stat().st_blocks * 512 for path in files(folder))


def extents(path):
    """(start, end) of the parts of a file that were written to."""
    found, end = [], 0
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        while end < size:
            try:
                start = os.lseek(file.fileno(), end, os.SEEK_DATA)
            except OSError:
                break
            end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            found.append((start, end))
    return found


def fingerprint(folder):
    """Changes if any file does, or comes, or goes."""
    digest = hashlib.sha256()
    for path in files(folder):
        digest.update(f"{path.relative_to(folder)} {path.stat().st_size}\n".encode())
        with path.open("rb") as file:
            for start, end in extents(path):
                file.seek(start)
                while start < end:
                    read = file.read(min(1 << 20, end - start))
                    digest.update(read)
                    start += len(read)
    return digest.hexdigest()
