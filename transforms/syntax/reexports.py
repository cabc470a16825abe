"""The names of coordination calls that a file takes from another file of the program.

``from app.waiting import retry``: what ``app/waiting.py`` imported for itself must stay importable
from there, though a rewrite leaves it unused. Told by the bytes of the import statements; the
module by its last word, so that one name too many may stay, and none too few.
"""

from __future__ import annotations

import re
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
_PACKAGE = "__init__"

Taken = tuple[str, str]
"""The last word of a module's name, and a name that is imported from it; ``*`` is all of them."""


def taken(data: bytes) -> tuple[Taken, ...]:
    """What a file takes from others than the libraries, sorted."""
    if not _A_CALL.search(b"\n".join(imported_words(data))):
        return ()
    found: set[Taken] = set()
    for module, words in _FROM_STATEMENT.findall(data):
        if module.split(b".")[0].decode(errors="replace") in ROOTS:
            continue
        word = module.rpartition(b".")[2].decode(errors="replace") or _PACKAGE
        names = [name for name in _WORD.findall(words) if _CALLS.fullmatch(name)]
        found.update((word, name.decode()) for name in names)
    return tuple(sorted(found))


def imported_words(data: bytes) -> list[bytes]:
    """What stands in a file's ``from … import`` behind the ``import``, and perhaps some more."""
    return [words for _, words in _FROM_ANYWHERE.findall(data)]


def modules_of(path: str) -> frozenset[str]:
    """The last words that imports may call the module at ``path`` by."""
    place = PurePosixPath(path)
    return frozenset({place.stem, place.parent.name} if place.stem == _PACKAGE else {place.stem})
