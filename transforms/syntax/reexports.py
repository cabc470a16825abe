"""The names of coordination calls that a file takes from another file of the program.

``from app.waiting import retry``: what ``app/waiting.py`` imported for itself must stay importable
from there, though a rewrite leaves it unused. So must what others reach for behind a dot
(``waiting.asyncio``). Told by the bytes; the module by its last word, so that one name too many
may stay, and none too few.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from transforms.syntax.origins import ROOTS

_FROM = rb"from[ \t]+([\w.]+)[ \t]+import[ \t]*(\([^)]*\)|[^\n\\]*(?:\\\r?\n[^\n\\]*)*)"
# Without a look at the beginning of the line, the search is four times faster.
_FROM_ANYWHERE = re.compile(_FROM)
_FROM_STATEMENT = re.compile(rb"^[ \t]*" + _FROM, re.MULTILINE)
_WORD = re.compile(rb"[\w*]+")
_CALLS = re.compile(
    rb"\*|asyncio|tenacity|aiolimiter|sleep|gather|wait_for|to_thread|create_task|ensure_future"
    rb"|Event|Semaphore|BoundedSemaphore|AsyncLimiter|(?:Async)?Retrying|TryAgain|RetryError"
    rb"|RetryCallState|(?:retry|stop|wait|before|after)(?:_\w+)?"
)
_A_CALL = re.compile(rb"(?<![\w*])(?:%s)(?![\w*])" % _CALLS.pattern)
_REACHED_FOR = {
    word: re.compile(rb"%s\b(?![\w.]*[ \t]+import\b)" % re.escape(word))
    for word in (b".asyncio", b".aiolimiter", b".tenacity", b".sleep", b".gather", b".wait_for")
}
_LAST_WORD = re.compile(rb"\w+\Z")
_RENAMED = re.compile(rb"(\w+)[ \t]+as[ \t]+(\w+)")
_LONGEST = 80
_NO_MODULES = tuple(
    mark + word for mark in (b" ", b"\t", b"(", b"\n") for word in (b"self", b"time", b"asyncio")
)
"""What these names stand for is known, and is mostly what is found."""
_PACKAGE = "__init__"

Taken = tuple[str, str]
"""The last word of a module's name, and a name that is imported from it; ``*`` is all of them."""


def taken(data: bytes) -> tuple[Taken, ...]:
    """What a file takes from others than the libraries, sorted."""
    return tuple(sorted({*_imported(data), *_reached_for(data)}))


def _imported(data: bytes) -> Iterator[Taken]:
    if not _A_CALL.search(b"\n".join(imported_words(data))):
        return
    for module, words in _FROM_STATEMENT.findall(data):
        if module.split(b".")[0].decode(errors="replace") in ROOTS:
            continue
        word = module.rpartition(b".")[2].decode(errors="replace") or _PACKAGE
        names = [name for name in _WORD.findall(words) if _CALLS.fullmatch(name)]
        yield from ((word, name.decode()) for name in names)


def _reached_for(data: bytes) -> Iterator[Taken]:
    """What stands behind the dot of a module, or of what is called as one."""
    renamed: dict[bytes, bytes] | None = None
    for pattern in [each for word, each in _REACHED_FOR.items() if word in data]:
        for found in pattern.finditer(data):
            start = found.start()
            if data.endswith(_NO_MODULES, 0, start):
                continue
            owner = _LAST_WORD.search(data, max(start - _LONGEST, 0), start)
            if owner is None:
                continue
            if renamed is None:
                renamed = {name: module for module, name in _RENAMED.findall(data)}
            word = renamed.get(owner[0], owner[0]).decode(errors="replace")
            if word not in ROOTS:
                yield word, found[0][1:].decode()


def imported_words(data: bytes) -> list[bytes]:
    """What stands in a file's ``from … import`` behind the ``import``, and perhaps some more."""
    return [words for _, words in _FROM_ANYWHERE.findall(data)]


def modules_of(path: str) -> frozenset[str]:
    """The last words that imports may call the module at ``path`` by."""
    place = PurePosixPath(path)
    return frozenset({place.stem, place.parent.name} if place.stem == _PACKAGE else {place.stem})
