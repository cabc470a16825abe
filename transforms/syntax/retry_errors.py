"""Whether the operators' own ``TryAgain`` can stand for tenacity's in a file.

It is another class, so nobody but the retry loops may get to see it. (A ``RetryError`` stays
tenacity's: what an attempt calls may raise one, too, and one handler has to catch both.)
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from transforms.rule import Primitive
from transforms.syntax.scopes import occurrences, walk
from transforms.syntax.source import Source

_BROAD = frozenset({"BaseException", "Exception"})
_SHOWS = frozenset({"exc_info", "exception", "print_exc", "sys", "traceback"})
_TELLS = frozenset({"after", "before_sleep", "reraise", "retry_error_callback"})


def loops_with_try_again(source: Source) -> tuple[Primitive, ...]:
    """The retry loops that can raise a ``TryAgain`` of their own; all of them, or none."""
    names = occurrences(source.module, "TryAgain")
    found: list[Primitive] = []
    for each in names:
        if each.role != "load":
            continue
        around = set(source.ancestors(each.node))
        loops = [(primitive, loop) for primitive, loop in _loops(source) if loop in around]
        if not loops or not all(_stays_inside(source, loop) for _, loop in loops):
            return ()
        found += (primitive for primitive, _ in loops)
    is_imported = any(
        each.role == "import" and isinstance(source.parent(each.node), cst.ImportAlias)
        for each in names
    )
    return tuple(dict.fromkeys(found)) if is_imported else ()


def _loops(source: Source) -> Iterator[tuple[Primitive, cst.For]]:
    for primitive in source.primitives:
        node = source.node_of(primitive) if primitive.kind == "retry-block" else None
        loop = source.parent(node) if node is not None else None
        if isinstance(loop, cst.For) and loop.iter is node:
            yield primitive, loop


def _stays_inside(source: Source, loop: cst.For) -> bool:
    """Whether nobody but the loop sees what its attempts raise, if they raise a ``TryAgain``."""
    if not isinstance(loop.iter, cst.Call) or _handles_exceptions(loop):
        return False
    options = {arg.keyword.value for arg in loop.iter.args if arg.keyword is not None}
    if not options.isdisjoint(_TELLS) or any(arg.star for arg in loop.iter.args):
        return False
    return "stop" not in options or _is_caught(source, loop)


def _handles_exceptions(loop: cst.For) -> bool:
    return any(isinstance(node, cst.Try | cst.TryStar) for node in walk(loop.body))


def _is_caught(source: Source, loop: cst.For) -> bool:
    """Whether the loop's ``RetryError``, which holds the exception, is caught and not looked at."""
    tried = _try_around(source, loop)
    for handler in tried.handlers if tried is not None else ():
        if handler.type is None or getattr(handler.type, "value", "") in _BROAD:
            return False
        if source.origin(handler.type) == "tenacity.RetryError":
            return handler.name is None and not _shows(handler)
    return False


def _try_around(source: Source, loop: cst.For) -> cst.Try | None:
    """The ``try`` around the loop, with no context manager in between to see exceptions."""
    child: cst.CSTNode = loop
    for ancestor in source.ancestors(loop):
        if isinstance(ancestor, cst.Try):
            return ancestor if ancestor.body is child else None
        if isinstance(ancestor, cst.With | cst.FunctionDef | cst.ClassDef | cst.TryStar):
            return None
        child = ancestor
    return None


def _shows(handler: cst.ExceptHandler) -> bool:
    """Whether the handler passes on or prints the exception that it handles."""
    for node in walk(handler.body):
        match node:
            case cst.Raise(exc=None) | cst.Raise(cause=None):
                return True
            case cst.Name(value=value) if value in _SHOWS:
                return True
    return False
