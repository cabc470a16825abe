"""What tells a primitive from all others even when lines move: its file, its function, its text."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from codemods.results import FileReport
from transforms.rule import Primitive
from transforms.syntax.lines import lines_of

_LONGEST = 160


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """A primitive without its place. Two of them may be equal in one file."""

    path: str
    function: str
    kind: str
    text: str
    """Its source on one line; what is long is cut, and its hash stands for the rest."""


def texts(source: str, primitives: Iterable[Primitive]) -> tuple[str, ...]:
    """The source of each primitive on one line, whitespace reduced."""
    lines = lines_of(source.removeprefix("\ufeff"))
    return tuple(_text(lines, primitive) for primitive in primitives)


def identities(file: FileReport) -> Iterator[Identity]:
    """The identity of each site of a file, in order."""
    for site, text in zip(file.sites, file.texts, strict=True):
        yield Identity(file.path, site.primitive.function or "", site.primitive.kind, text)


def fingerprints(file: FileReport) -> list[str]:
    """One for each site of a file, each different from all others."""
    met: Counter[Identity] = Counter()
    found = []
    for identity in identities(file):
        found.append(_hash(identity, met[identity]))
        met[identity] += 1
    return found


def _hash(identity: Identity, earlier: int) -> str:
    parts = (identity.path, identity.function, identity.kind, identity.text, str(earlier))
    # Names of files need not be valid Unicode.
    whole = "\0".join(parts).encode("utf-8", "surrogateescape")
    return hashlib.sha256(whole).hexdigest()[:32]


def _text(lines: Sequence[str], primitive: Primitive) -> str:
    first, last = primitive.line - 1, primitive.end_line - 1
    parts = list(lines[first : last + 1])
    parts[-1] = parts[-1][: primitive.end_column]
    parts[0] = parts[0][primitive.column :]
    text = " ".join(" ".join(parts).split())
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}... {hashlib.sha256(text.encode()).hexdigest()[:16]}"
