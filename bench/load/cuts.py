"""A disk of which the power can be cut: a file system of its own in a file, which only root may mount.

The cut is ext4's own: the file system is shut down as it is, without its journal, and what nobody flushed is gone. Linux must not be asked to
restart for each cut, so the number by which it tells one start from another is made ours, in a mount namespace that ends with this process.
"""

import ctypes
import fcntl
import os
import random
import shutil
import struct
import subprocess
import sys
import uuid
from pathlib import Path

# _IOR('X', 125, __u32) of the kernel's ext4.h, and the flag that leaves the journal as it is.
SHUT_DOWN = 0x8004587D
WITHOUT_JOURNAL = 2
BOOT_ID = "/proc/sys/kernel/random/boot_id"
# Of sync_file_range(2): wait, write, wait.
WRITE_NOW = 7
PAGE_BYTES = 4096
MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 << 30


def need_root():
    """Goes on in a mount namespace of its own."""
    if os.geteuid() != 0:
        sys.exit("only root may mount the file system of which the power is cut")
    if os.environ.get("CUT_POWER_NAMESPACE") != "own":
        os.environ["CUT_POWER_NAMESPACE"] = "own"
        os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])


class Disk:
    """The folder `root` is on it. In memory where there is a folder for that, as a flush through two file systems takes long."""

    def __init__(self, folder, size_bytes):
        self._image, self.root, self._boot = image_folder(folder) / f"{folder.name}.img", folder / "disk", folder / "boot"
        with self._image.open("wb") as image:
            image.truncate(size_bytes)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(self._image)], check=True)
        self.root.mkdir()
        self._start()
        subprocess.run(["mount", "--bind", str(self._boot), BOOT_ID], check=True)
        self._mount()

    def _start(self):
        # In place: the file is mounted over the kernel's.
        with self._boot.open("w") as boot:
            boot.write(f"{uuid.uuid4()}\n")

    def _mount(self):
        subprocess.run(["mount", "-o", "loop", str(self._image), str(self.root)], check=True)

    def cut(self):
        folder = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, SHUT_DOWN, struct.pack("I", WITHOUT_JOURNAL))
        finally:
            os.close(folder)

    def power_on(self):
        """Once no process works with it any more."""
        subprocess.run(["umount", str(self.root)], check=True)
        self._start()
        self._mount()

    def close(self):
        subprocess.run(["umount", str(self.root)], check=False)
        subprocess.run(["umount", BOOT_ID], check=False)
        self._image.unlink()


def image_folder(folder):
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES else folder


def write_some(paths, order: random.Random):
    """What the kernel does any time by itself: brings some pages of files to the disk, and leaves others."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.sync_file_range.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]
    for path in paths:
        try:
            file = os.open(path, os.O_RDWR)
        except OSError:
            continue
        try:
            end = os.fstat(file).st_size
            at = 0
            while at < end:
                try:
                    at = os.lseek(file, at, os.SEEK_DATA)
                    hole = os.lseek(file, at, os.SEEK_HOLE)
                except OSError:
                    break
                for page in range(at // PAGE_BYTES * PAGE_BYTES, hole, PAGE_BYTES):
                    if order.random() < 0.4:
                        libc.sync_file_range(file, page, PAGE_BYTES, WRITE_NOW)
                at = hole
        finally:
            os.close(file)
