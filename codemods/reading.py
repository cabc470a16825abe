"""The bytes of a file, unless reading it could block, or would fill the memory."""

from __future__ import annotations

import os
import stat
from pathlib import Path

MOST_READ = 10_000_000
"""Bytes. A larger file is never read."""

# A pipe that nobody writes to would block already when it is opened.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class TooLargeError(OSError):
    """The file is larger than what is read at most."""


def read_bytes(path: str | Path, most: int = MOST_READ) -> bytes:
    """The bytes of a regular file.

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
        with open(descriptor, "rb", buffering=0, closefd=False) as file:
            return file.readall()
    finally:
        os.close(descriptor)


def too_large(size: int, most: int, what: str) -> str:
    """What to say of a file of ``size`` bytes where only ``most`` are ``what`` ("read", say)."""
    return f"{size / 1e6:.1f} MB; files above {most / 1e6:g} MB are not {what}"
