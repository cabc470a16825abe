"""What of a text has to be parsed to answer a question: not its other functions and classes.

Parsing is what takes the time, and most functions of most files name nothing of interest. They
are left out together with the classes that hold only such, so that everything else keeps its
line, its column and its meaning. What has a decorator, or a name that matters, leaves a stub.

Why the answer is that of the whole text: whoever asks names all places that the answer may come
from, and asks once more for aliases that he has met. To the rest of its file, a function or class
without any such place can only bind its own name, or names that it declares ``global`` or binds
by ``:=`` in its head; these are given (``Excerpt.left_out``, ``bound_from_within``), for the
caller to look at. A ``def`` or ``class`` cannot stand inside of brackets. Where quotes or line
ends leave any doubt about what is code and what is text, there is no excerpt; where a cut goes
through a bracket, it does not parse.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cache, cached_property

_BLANKS = re.compile(r"\n\t* +\t*(?=[^ \t\n#)\]}])")
_OWN = re.compile(r"(?<![\w.])(?:self|cls)(?:\.\w+)*\.\Z")
_STORED = re.compile(r"[\s\w.]*?(\w+)\s*(?::[^=]*)?=[^=]*\Z")
_GLOBAL = re.compile(r"global(?=[ \t\\])((?:[^\n\\]|\\\n)*)")
_WORD = re.compile(r"\w+")
_LAST_WORD = re.compile(r"\w+\Z")
_TOKEN = re.compile(r"""\"\"\"|'''|\#[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""", re.DOTALL)
_FORMATTED = re.compile(r"[fFtT][rR]?\Z")
_NESTED_QUOTES = sys.version_info >= (3, 12)


class Layout:
    """A text, and where it is no code: strings over several lines, comments."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def strings(self) -> Sequence[tuple[int, int]] | None:
        """Start and end of each string in triple quotes, in order; None if they cannot be told."""
        return None if "\r" in self.text else _long_strings(self.text)

    def is_code(self, start: int, end: int) -> bool:
        """False if it is no use of a name what stands there; True also where it is not clear."""
        if self.strings is None:
            return True
        around = _around(self.strings, start)
        if around is not None:
            return _is_formatted(self.text, around)
        return not _is_text(self.text, start, end)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What has to be parsed of a text, and the names of the definitions that are not in it."""

    text: str
    left_out: frozenset[str]


def excerpt(layout: Layout, hits: Iterable[int], kept: Set[str] = frozenset()) -> Excerpt | None:
    """The text without the functions and classes that hold none of the hits.

    Args:
        layout: of the decoded source.
        hits: places in it.
        kept: names; definitions of one of these, and those with decorators, leave a stub, all
            others nothing.

    Returns: None where all of the text has to be parsed.
    """
    text = layout.text
    if "\f" in text or layout.strings is None:
        return None
    indent = "\t" if "\n\t" in text else " "
    if indent == "\t" and any(
        _around(layout.strings, found.start() + 1) is None for found in _BLANKS.finditer(text)
    ):
        return None  # one of them could count as any depth
    return _Cut(text, layout.strings, sorted(hits), indent, kept).excerpt()


def word_hits(layout: Layout, words: Iterable[str], members: Set[str]) -> Iterator[int]:
    """Where one of the words stands in the code by itself.

    Args:
        words: identifiers.
        members: those of them that count behind any dot, behind ``self.`` too.
    """
    text = layout.text
    has_self = "as self" not in text and "as cls" not in text
    for word in words:
        for position in occurrences(text, word):
            if has_self and word not in members and _is_own(text, position):
                continue
            if layout.is_code(position, position + len(word)):
                yield position


def _is_text(text: str, start: int, end: int) -> bool:
    """Whether it is all of a string, the name of an argument, or in a line that is a comment."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before == after and before in {'"', "'"}:
        return True
    if after == "=" and before != "." and text[end + 1 : end + 2] != "=":
        return True  # of a call, or a variable of the function's own
    line = text.rfind("\n", 0, start) + 1
    return text[line:start].lstrip(" ").startswith("#")


def _is_own(text: str, start: int) -> bool:
    """Whether it is an attribute of the object itself, or of one of its attributes."""
    if text[start - 1 : start] != ".":
        return False
    return _OWN.search(text, max(text.rfind("\n", 0, start) + 1, start - 80), start) is not None


def likely_holders(text: str, words: Iterable[str]) -> frozenset[str]:
    """What is likely to hold what the words make: to know it first saves another round."""
    found = (
        _STORED.match(text[text.rfind("\n", 0, at) + 1 : at])
        for word in words
        for at in places(text, word)
    )
    return frozenset(match[1] for match in found if match is not None)


def bound_from_within(text: str) -> frozenset[str] | None:
    """More than the names that functions may bind outside of themselves; None: it is not clear."""
    names: set[str] = set()
    for position in places(text, "global"):
        if found := _GLOBAL.match(text, position):
            names.update(_WORD.findall(found[1]))
    for position in places(text, ":="):
        before = text[max(position - 200, 0) : position]
        name = before.rstrip(" \t\n\\")
        if "#" in name[name.rfind("\n") + 1 :] and "\n" in before[len(name) :]:
            return None
        # Without a name in front it is no such assignment, but a part of some string.
        if found := _LAST_WORD.search(name):
            names.add(found[0])
    return frozenset(names)


@dataclass(frozen=True, slots=True)
class _Cut:
    """Takes the definitions out of a text that hold none of the hits."""

    text: str
    strings: Sequence[tuple[int, int]]
    hits: Sequence[int]
    indent: str
    kept: Set[str]

    def excerpt(self) -> Excerpt | None:
        text, definition = self.text, _definition(self.indent)
        parts: list[str] = []
        left_out: set[str] = set()
        position = copied = last = 0
        while found := definition.search(text, position):
            start = found.start() + 1
            around = _around(self.strings, start)
            if around is not None:
                position = around[1]
                continue
            if found[3] is None:
                return None  # the name stands on another line
            end = self._end(found)
            if text[start - 2] == "\\" or text[end - 2] == "\\":
                return None  # a line that goes on may hide where a statement begins or ends
            first_hit = bisect_left(self.hits, start)
            if first_hit < len(self.hits) and self.hits[first_hit] < end:
                last = position = found.end() if found[2] else end - 1
                continue
            if found[3] in self.kept or self._may_be_decorated(found, last):
                stub = f"class {found[3]}: pass" if found[2] else f"def {found[3]}(): pass"
            else:
                stub = "pass"
                left_out.add(found[3])
            parts += (text[copied:start], found[1], stub, "\n" * text.count("\n", start, end))
            copied = end
            last = position = end - 1
        return Excerpt("".join([*parts, text[copied:]]), frozenset(left_out))

    def _may_be_decorated(self, found: re.Match[str], last: int) -> bool:
        """Whether a line that begins with ``@`` stands between the last definition and this."""
        if last == 0 and self.text.startswith("@"):
            return True
        return self.text.find(f"\n{found[1]}@", last, found.start()) >= 0

    def _end(self, found: re.Match[str]) -> int:
        """Where the next line begins that is no part of the definition nor of a string."""
        outdented = _outdented(self.indent, len(found[1]))
        position = found.end()
        while line := outdented.search(self.text, position):
            if _around(self.strings, line.start() + 1) is None:
                return line.start() + 1
            position = line.end()
        return len(self.text)


@cache
def _definition(indent: str) -> re.Pattern[str]:
    """The beginning of a function's or a class's first line."""
    return re.compile(rf"\n({indent}*)(?:(?:async +)?def|(class))\b(?: +(\w+))?")


@cache
def _outdented(indent: str, depth: int) -> re.Pattern[str]:
    """A line that ends a function whose first line is so deep; brackets only close on a line."""
    return re.compile(rf"\n{indent}{{0,{depth}}}(?=[^ \t\n#)\]}}])")


def occurrences(text: str, word: str) -> Iterator[int]:
    """Where the word stands by itself."""
    for position in places(text, word):
        end = position + len(word)
        before = text[position - 1 : position]
        after = text[end : end + 1]
        if not (before.isidentifier() or before.isdigit()) and not (
            after.isidentifier() or after.isdigit()
        ):
            yield position


def places(text: str, part: str) -> Iterator[int]:
    position = text.find(part)
    while position >= 0:
        yield position
        position = text.find(part, position + len(part))


# -- strings over several lines


def _around(spans: Sequence[tuple[int, int]], position: int) -> tuple[int, int] | None:
    """The span that the position is in."""
    index = bisect_left(spans, (position,)) - 1
    return spans[index] if index >= 0 and position < spans[index][1] else None


def _is_formatted(text: str, span: tuple[int, int]) -> bool:
    """Whether a string may hold code: ``f"…{asyncio.sleep(1)}…"``."""
    return _FORMATTED.search(text, max(span[0] - 2, 0), span[0]) is not None


def _long_strings(text: str) -> list[tuple[int, int]] | None:
    """Start and end of each string in triple quotes, in order; None if they cannot be told."""
    spans: list[tuple[int, int]] = []
    nearest = {quotes: text.find(quotes) for quotes in ('"""', "'''")}
    position = 0
    while candidates := [at for at in nearest.values() if at >= 0]:
        line = max(text.rfind("\n", 0, min(candidates)) + 1, position)
        if text[max(line - 2, 0) : line] == "\\\n":
            return None  # perhaps in the middle of a string in single quotes
        end = text.find("\n", min(candidates))
        end = len(text) if end < 0 else end
        opening = _opening(text, line, end)
        closing = end if opening is None else _closing(text, opening)
        if closing is None:
            return None
        if opening is not None:
            spans.append((opening, closing))
        position = closing
        nearest = {
            quotes: at if at < 0 or at >= position else text.find(quotes, position)
            for quotes, at in nearest.items()
        }
    return spans


def _opening(text: str, line: int, end: int) -> int | None:
    """Where triple quotes open a string on the line, if they do and are not in a comment, say."""
    for token in _TOKEN.finditer(text, line):
        if token.start() >= end:
            break
        if token[0] in {'"""', "'''"}:
            return token.start()
    return None


def _closing(text: str, opening: int) -> int | None:
    quotes = text[opening : opening + 3]
    at = text.find(quotes, opening + 3)
    while at >= 0:
        backslashes = 0
        while text[at - 1 - backslashes] == "\\":
            backslashes += 1
        if backslashes % 2 == 0:
            break
        at = text.find(quotes, at + 1)
    if at < 0:
        return None
    if _NESTED_QUOTES and "f" in text[max(opening - 2, 0) : opening].lower():
        content = text[opening:at]
        if content.count("{") != content.count("}"):
            return None
    return at + 3
