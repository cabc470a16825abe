"""The changes as a unified diff, byte for byte what `git apply` and `patch -p1` take.

The headers are those of a plain diff (no ``diff --git`` line): git then reads the paths from
the working directory, wherever in the repository that is.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence

from codemods.results import Change
from codemods.runner import TIME_LIMIT, workers_for
from codemods.workers import mapped

# Bytes. So many take longer than starting workers: a tenth of a second.
_WORTH_A_POOL = 2_000_000
_NO_NEWLINE = "\n\\ No newline at end of file\n"
_BYTES = "latin-1"
"""One character for each byte: ``difflib.diff_bytes`` decodes line by line instead."""
_ESCAPES = {0x07: b"a", 0x08: b"b", 0x09: b"t", 0x0A: b"n", 0x0B: b"v", 0x0C: b"f", 0x0D: b"r"}


def render(changes: Sequence[Change], jobs: int | None = 1) -> bytes:
    """All changes, in the given order; ``jobs`` as in ``runner.run``."""
    size = sum(len(change.after) for change in changes)
    workers = workers_for(jobs, len(changes)) if size > _WORTH_A_POOL else 1
    return b"".join(mapped(_rendered, changes, TIME_LIMIT, workers))


def _rendered(change: Change) -> bytes:
    old = b"/dev/null" if change.before is None else _name("a", change.name)
    lines = difflib.unified_diff(
        _split(change.before or b""),
        _split(change.after),
        _text(old),
        _text(_name("b", change.name)),
    )
    ended = (line if line.endswith("\n") else line + _NO_NEWLINE for line in lines)
    return "".join(ended).encode(_BYTES)


def _split(data: bytes) -> list[str]:
    """Lines as a diff knows them: ended by a line feed and nothing else."""
    lines = [line + "\n" for line in _text(data).split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _text(data: bytes) -> str:
    return data.decode(_BYTES)


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
