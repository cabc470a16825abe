"""Where a text may name a primitive, told without parsing it.

A use of a primitive begins with the name of its module (``asyncio.sleep``), or with a word that
some import or assignment has made another name of it. Nearly all files write the first, and
import the module by its own name: then nothing else that is called ``sleep`` is of any interest.
Where the module, or a part of it, has another name, is assigned or handed on, all names of its
primitives are of interest, whatever stands before them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from transforms.syntax.excerpt import Layout, occurrences, places
from transforms.syntax.origins import PUBLIC

_CHAIN = re.compile(r"(?:\.\w+)*")
_IMPORT = re.compile(r"[ \t]*import[ \t]+[\w.]+(?:[ \t]*,[ \t]*[\w.]+)*[ \t]*(?:#.*)?")
_FROM = re.compile(r"[ \t]*from[ \t]+")
_NAMES = re.compile(r"[ \t]+import[ \t]*(?:\(([\w\s,]*)\)|([\w \t,]*)(?:#.*)?$)", re.MULTILINE)
_NAME = re.compile(r"\s*(\w+)(?:\s+as\s+(\w+))?\s*")


@dataclass(slots=True)
class Sightings:
    """What may be a use of a primitive: chains on a module's name, and words by themselves."""

    chains: list[int] = field(default_factory=list)
    """Where ``asyncio.sleep`` stands, say."""
    mentions: list[int] = field(default_factory=list)
    """Where else a module is named that is not just ``asyncio.run``: in imports above all."""
    words: set[str] = field(default_factory=set)
    """The names that primitives may have in this file, besides those chains."""


def sightings(layout: Layout, primitives: Mapping[str, frozenset[str]]) -> Sightings:
    """Every place and every word that may stand for a primitive; rather more than less.

    Args:
        layout: of the text.
        primitives: the names of the primitives of each module.
    """
    found = Sightings()
    for module, names in primitives.items():
        for position in places(layout.text, module):
            _look_at(_Mention(layout, module, position), names, found)
    return found


def holds_word(layout: Layout, words: Iterable[str]) -> bool:
    """Whether one of the words stands somewhere in the code."""
    return any(
        layout.is_code(position, position + len(word))
        for word in words
        for position in occurrences(layout.text, word)
    )


@dataclass(frozen=True, slots=True)
class _Mention:
    """The name of a module, somewhere in a text."""

    layout: Layout
    module: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.module)

    def stands_alone(self) -> bool:
        """Behind a dot it is something of another module: ``pytest.mark.asyncio``."""
        before = self.layout.text[self.start - 1 : self.start]
        after = self.layout.text[self.end : self.end + 1]
        return before != "." and not _continues(before) and not _continues(after)

    def is_code(self) -> bool:
        return self.layout.is_code(self.start, self.end)

    def is_quoted(self, end: int) -> bool:
        """Whether all of a string stands up to ``end``."""
        text = self.layout.text
        return text[self.start - 1 : self.start] == text[end : end + 1] in {'"', "'"}

    def line(self) -> tuple[str, str]:
        """Its line: what is in front of it, and from it on."""
        text = self.layout.text
        end = text.find("\n", self.start)
        start = text.rfind("\n", 0, self.start) + 1
        return text[start : self.start], text[self.start : end if end >= 0 else len(text)]


def _look_at(mention: _Mention, names: frozenset[str], found: Sightings) -> None:
    if not mention.stands_alone():
        return
    text = mention.layout.text
    chain = _CHAIN.match(text, mention.end)
    assert chain is not None
    parts = chain[0].split(".")[1:]
    before, line = mention.line()
    if _FROM.fullmatch(before):
        words = _imported(text, chain.end(), names, PUBLIC[mention.module] if not parts else None)
    elif not names.isdisjoint(parts):
        if mention.is_code() and not mention.is_quoted(chain.end()):
            found.chains.append(mention.start)
        return
    elif len(parts) > 1 or (parts and parts[0] in PUBLIC[mention.module]):
        return  # no primitive is spelled with more than three parts
    else:
        words = frozenset() if _IMPORT.fullmatch(before + line) else names
    if mention.is_code():
        found.mentions.append(mention.start)
        found.words |= words


def _imported(
    text: str, position: int, names: frozenset[str], known: frozenset[str] | None
) -> frozenset[str]:
    """What an import gives primitives for names; all of theirs where it is not clear.

    ``known`` are the names that are no modules; None: no name is.
    """
    clause = _NAMES.match(text, position)
    if clause is None:
        return names
    words: set[str] = set()
    for each in (clause[1] or clause[2]).split(","):
        one = _NAME.fullmatch(each)
        if one is None and each.strip():
            return names
        if one is None or one[1] not in names:
            if one is not None and known is not None and one[1] not in known:
                return names
            continue
        words.add(one[2] or one[1])
    return frozenset(words)


def _continues(character: str) -> bool:
    return character.isidentifier() or character.isdigit()
