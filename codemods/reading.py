"""The bytes of a file, unless reading it could block, or would fill the memory."""

from __future__ import annotations

import os
import stat
from pathlib import Path

MOST_READ = 10_000_000
"""Bytes. A larger file is never read."""

# A pipe that nobody writes to would block already when it is opened.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


_PIECE = 1_000_000


class TooLargeError(OSError):
    """The file is larger than what is read at most."""


Stamp = tuple[int, int, int, int]
"""Size, times of the last change of content and of state (nanoseconds), inode: a file that has
the same ones is taken to be the same."""


def read_bytes(path: str | Path, most: int = MOST_READ) -> bytes:
    """The bytes of a regular file. See ``read_stamped``."""
    return read_stamped(path, most)[0]


def read_stamped(path: str | Path, most: int = MOST_READ) -> tuple[bytes, Stamp]:
    """The bytes of a regular file, and its stamp from before they were read.

    Args:
        most: the bound on its size, in bytes.

    Raises:
        TooLargeError: it is larger.
        OSError: it cannot be read, or is a pipe, a socket or a device.

    Guarantees: nothing is read of what is not a regular file.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        state = os.fstat(descriptor)
        if stat.S_ISDIR(state.st_mode):
            raise IsADirectoryError("a folder, not a file")
        if not stat.S_ISREG(state.st_mode):
            raise OSError("not a regular file")
        if state.st_size > most:
            raise TooLargeError(too_large(state.st_size, most, "read"))
        data = os.read(descriptor, state.st_size + 1)
        while len(data) != state.st_size:  # it grew, or the system gave less
            if not (more := os.read(descriptor, _PIECE)):
                break
            data += more
        return data, stamp_of(state)
    finally:
        os.close(descriptor)


def stamp_of(state: os.stat_result) -> Stamp:
    """The stamp of a file whose state is known."""
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino


def too_large(size: int, most: int, what: str) -> str:
    """What to say of a file of ``size`` bytes where only ``most`` are ``what`` ("read", say)."""
    return f"{size / 1e6:.1f} MB; files above {most / 1e6:g} MB are not {what}"
