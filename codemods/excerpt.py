"""What of a large file has to be parsed to find its primitives: not its other functions.

Parsing is what an inventory takes its time for, and most functions of most files name nothing of
interest. They are replaced by stubs of the same name on the same line, so that everything else
keeps its place and its meaning.

Why the answer is that of the whole text: a use of a primitive names it (``sleep``), or an alias of
it, which ``codemods.inventory`` asks for once more. What a function without any such word can do
to the rest of its file is to bind its own name, as its stub does, or names that it declares
``global`` or binds by ``:=`` in its head; these are given, for the caller to look at. A ``def``
cannot stand inside of brackets. Where quotes or line ends leave any doubt about what is code and
what is text, there is no excerpt; where a stub cuts a bracket in two, it does not parse.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cache

WORTH_IT = 12_000
"""Characters. Below, all of the file is parsed, and so an error anywhere in it is found."""

_DEFINITION = re.compile(r"def +(\w+)")
_HEADS = frozenset({"", "async"})
_BLANKS = re.compile(r"\n\t* +\t*(?=[^ \t\n#)\]}])")
_OWN = re.compile(r"(?<![\w.])(?:self|cls)(?:\.\w+)*\.\Z")
_GLOBAL = re.compile(r"global(?=[ \t\\])((?:[^\n\\]|\\\n)*)")
_WORD = re.compile(r"\w+")
_LAST_WORD = re.compile(r"\w+\Z")
_TOKEN = re.compile(r"""\"\"\"|'''|\#[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""", re.DOTALL)
_NESTED_QUOTES = sys.version_info >= (3, 12)


def excerpt(text: str, words: Iterable[str], members: Set[str] = frozenset()) -> str | None:
    """The text with stubs for functions that use none of the words.

    Args:
        text: the decoded source.
        words: identifiers.
        members: those of them that count behind any dot, behind ``self.`` too.

    Returns: None where all of the text has to be parsed.
    """
    if len(text) < WORTH_IT or "\r" in text or "\f" in text:
        return None
    strings = _long_strings(text)
    if strings is None:
        return None
    indent = "\t" if "\n\t" in text else " "
    if indent == "\t" and any(
        not _within(strings, found.start() + 1) for found in _BLANKS.finditer(text)
    ):
        return None  # one of them could count as any depth
    has_self = "as self" not in text and "as cls" not in text
    hits = sorted(
        position
        for word in words
        for position in _occurrences(text, word)
        if not _within(strings, position)
        and not _is_text(text, position, position + len(word))
        and not (has_self and word not in members and _is_own(text, position))
    )
    return _stubbed(text, strings, hits, indent)


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


def stands_in(text: str, word: str) -> bool:
    """Whether the word stands in the text by itself, strings and comments included."""
    return any(True for _ in _occurrences(text, word))


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


def _stubbed(
    text: str, strings: Sequence[tuple[int, int]], hits: Sequence[int], indent: str
) -> str | None:
    parts: list[str] = []
    done = copied = 0
    for position in places(text, "def "):
        start = text.rfind("\n", 0, position) + 1
        head = text[start:position]
        if start < max(done, 1) or head.strip(indent) not in _HEADS or _within(strings, start):
            continue
        found = _DEFINITION.match(text, position)
        if found is None:
            return None  # the name stands on another line
        depth = len(head) - len(head.lstrip(indent))
        end = _end(text, found.end(), _outdented(indent, depth), strings)
        if text[start - 2] == "\\" or text[end - 2] == "\\":
            return None  # a line that goes on may hide where a statement begins or ends
        done = end
        first_hit = bisect_left(hits, start)
        if first_hit < len(hits) and hits[first_hit] < end:
            continue
        stub = f"{head}def {found[1]}(): pass"
        parts += [text[copied:start], stub, "\n" * text.count("\n", start, end)]
        copied = end
    return "".join([*parts, text[copied:]])


def _end(
    text: str, position: int, outdented: re.Pattern[str], strings: Sequence[tuple[int, int]]
) -> int:
    """Where the next such line begins that is no part of a string."""
    while found := outdented.search(text, position):
        if not _within(strings, found.start() + 1):
            return found.start() + 1
        position = found.end()
    return len(text)


@cache
def _outdented(indent: str, depth: int) -> re.Pattern[str]:
    """A line that ends a function whose first line is so deep; brackets only close on a line."""
    return re.compile(rf"\n{indent}{{0,{depth}}}(?=[^ \t\n#)\]}}])")


def _occurrences(text: str, word: str) -> Iterator[int]:
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


def _within(spans: Sequence[tuple[int, int]], position: int) -> bool:
    index = bisect_left(spans, (position,)) - 1
    return index >= 0 and position < spans[index][1]


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
