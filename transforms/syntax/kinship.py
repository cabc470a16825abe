"""Which classes of a run may share their objects' attributes, by the names of their bases."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

_CLASS = re.compile(rb"class[ \t]+(\w+)[ \t]*\(([^)]*)\)")
_LAST_WORD = re.compile(rb"(\w+)[ \t]*(?:\[[^\]]*\]?)?\s*(?:,|$)")

Bases = dict[str, set[str]]
"""The names of the bases of each class, by its name; classes of one name are taken together."""


def note_classes(data: bytes, found: Bases) -> None:
    """Add what a file's bytes say about classes and their bases; rather more than less."""
    if b"class " not in data:
        return
    for name, bases in _CLASS.findall(data):
        words = map(bytes.decode, _LAST_WORD.findall(bases))
        found.setdefault(name.decode(), set()).update(words)


def kin(names: Iterable[str], bases: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    """For each class, the classes whose methods may run on an object that its own run on.

    Those are the classes that some class, which derives from it or is it, derives from or is.
    """
    derived: defaultdict[str, set[str]] = defaultdict(set)
    for name, above in bases.items():
        for each in above:
            derived[each].add(name)
    return {
        name: frozenset(_reached(_reached({name}, derived), bases)) for name in sorted(set(names))
    }


def _reached(start: Iterable[str], steps: Mapping[str, set[str]]) -> set[str]:
    found = set(start)
    pending = list(found)
    while pending:
        new = steps.get(pending.pop(), set()) - found
        found |= new
        pending += new
    return found
