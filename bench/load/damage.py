"""What can happen to the files of a store. Each kind changes a folder and says what it did, or returns None where it does not apply."""

import os
import re
import shutil

import store

PAGE_BYTES = 4096
VERSION = re.compile(rb"(?i)((?:format|version)[^0-9\n]{0,12})(\d+)")


def _used_file(folder, order):
    return order.choice([path for path in store.files(folder) if store.extents(path)])


def _used_place(path, order):
    """A byte of the parts that were written to."""
    extents = store.extents(path)
    start, end = order.choices(extents, [end - start for start, end in extents])[0]
    return order.randrange(start, end)


def flip_bytes(folder, order, foreign):
    path, count = _used_file(folder, order), order.randint(1, 100)
    with path.open("r+b") as file:
        for _ in range(count):
            place = _used_place(path, order)
            file.seek(place)
            old = file.read(1)[0]
            file.seek(place)
            file.write(bytes([old ^ order.randint(1, 255)]))
    return f"{count} bytes of {path.name}"


def truncate(folder, order, foreign):
    path = _used_file(folder, order)
    length = _used_place(path, order)
    os.truncate(path, length)
    return f"{path.name} cut to {length}"


def zero_page(folder, order, foreign):
    path = _used_file(folder, order)
    start = _used_place(path, order) // PAGE_BYTES * PAGE_BYTES
    with path.open("r+b") as file:
        file.seek(start)
        file.write(bytes(min(PAGE_BYTES, path.stat().st_size - start)))
    return f"page at {start} of {path.name}"


def delete_file(folder, order, foreign):
    path = order.choice(store.files(folder))
    path.unlink()
    return f"{path.name} deleted"


def foreign_text(folder, order, foreign):
    return _replace(folder, order, b"This is not a store.\n" * order.randint(1, 1000), "text")


def foreign_gob(folder, order, foreign):
    return _replace(folder, order, foreign, "a file of a Pushgateway") if foreign else None


def empty_file(folder, order, foreign):
    return _replace(folder, order, b"", "nothing")


def other_file(folder, order, foreign):
    files = store.files(folder)
    if len(files) < 2:
        return None
    path, other = order.sample(files, 2)
    shutil.copy(other, path)
    return f"{other.name} in place of {path.name}"


def stray_file(folder, order, foreign):
    name = order.choice(["notes.txt", ".DS_Store", "groups.bak", "lost+found"])
    (folder / name).write_bytes(order.choice([b"", b"something else\n", foreign or b"\0"]))
    return f"{name} beside the others"


def newer_version(folder, order, foreign):
    """The store says that a later release wrote it."""
    for path in sorted(store.files(folder), key=lambda path: path.stat().st_size):
        if 0 < path.stat().st_size <= 64 * 1024:
            content = path.read_bytes()
            found = VERSION.search(content)
            if found:
                newer = str(int(found.group(2)) + 7).encode()
                path.write_bytes(content[:found.start(2)] + newer + content[found.end(2):])
                return f"version {found.group(2).decode()} becomes {newer.decode()} in {path.name}"
    return None


def _replace(folder, order, content, what):
    path = order.choice(store.files(folder))
    path.write_bytes(content)
    return f"{what} in place of {path.name}"


KINDS = {kind.__name__.replace("_", " "): kind for kind in (
    flip_bytes, truncate, zero_page, delete_file, foreign_text, foreign_gob, other_file, empty_file, stray_file, newer_version)}
