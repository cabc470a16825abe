"""The changes as a unified diff, byte for byte what `git apply` and `patch -p1` take.

The headers are those of a plain diff (no ``diff --git`` line): git then reads the paths from
the working directory, wherever in the repository that is.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator

from codemods.results import Change

_NO_NEWLINE = b"\n\\ No newline at end of file\n"
_ESCAPES = {0x07: b"a", 0x08: b"b", 0x09: b"t", 0x0A: b"n", 0x0B: b"v", 0x0C: b"f", 0x0D: b"r"}


def render(changes: Iterable[Change]) -> bytes:
    """All changes, in the given order."""
    return b"".join(line for change in changes for line in _lines(change))


def _lines(change: Change) -> Iterator[bytes]:
    old = b"/dev/null" if change.before is None else _name("a", change.name)
    lines = difflib.diff_bytes(
        difflib.unified_diff,
        _split(change.before or b""),
        _split(change.after),
        old,
        _name("b", change.name),
        lineterm=b"\n",
    )
    for line in lines:
        yield line if line.endswith(b"\n") else line + _NO_NEWLINE


def _split(data: bytes) -> list[bytes]:
    """Lines as a diff knows them: ended by a line feed and nothing else."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _name(side: str, name: str) -> bytes:
    """A path as git writes it: quoted where a byte could be misread."""
    raw = os.fsencode(f"{side}/{name}")
    if not any(byte < 0x20 or byte in b'"\\\x7f' for byte in raw):
        return raw + b"\t" if b" " in raw else raw
    return b'"' + b"".join(_escaped(byte) for byte in raw) + b'"'


def _escaped(byte: int) -> bytes:
    if byte in b'"\\':
        return b"\\" + bytes([byte])
    if byte in _ESCAPES:
        return b"\\" + _ESCAPES[byte]
    return bytes([byte]) if 0x20 <= byte < 0x7F or byte >= 0x80 else b"\\%03o" % byte
