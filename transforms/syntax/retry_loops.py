"""Loops that try again by hand: a ``try`` that expects a conflict or a rate limit, and a sleep."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from transforms.syntax.names import Names, children

_CONFLICT = re.compile(r"Conflict|Stale|Version|Optimistic|OCC")
_RATE_LIMIT = re.compile(
    r"rate_?limit|toomanyrequests|too_many_requests|429|throttl", re.IGNORECASE
)
_RATE_LIMIT_WORDS = re.compile(r"429|rate.?limit|too.?many.?requests|throttl", re.IGNORECASE)
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True, slots=True, eq=False)
class RetryLoop:
    """A loop, what it expects, and the call of ``sleep`` by which it was found."""

    kind: Literal["conflict-retry", "rate-limit-retry"]
    node: ast.While | ast.For
    handler: ast.ExceptHandler
    sleep: ast.Call


def retry_loop(names: Names, sleep: ast.Call) -> RetryLoop | None:
    """The nearest loop around an awaited ``sleep`` that retries on a conflict or a rate limit.

    Args:
        names: the module's names.
        sleep: a call of ``asyncio.sleep``.

    Guarantees: a ``try`` in a loop further inside, or in a nested function, does not count.
    """
    if not isinstance(names.parent(sleep), ast.Await):
        return None
    for ancestor, _ in names.ancestors(sleep):
        if isinstance(ancestor, _Function):
            return None
        if isinstance(ancestor, ast.While | ast.For):
            for handler in _own_handlers(ancestor):
                if kind := _kind(ancestor, handler):
                    return RetryLoop(kind, ancestor, handler, sleep)
    return None


def bound(loop: ast.While | ast.For) -> ast.expr | None:
    """What says how often the loop runs: ``n`` of ``range(n)``, another range, a condition."""
    match loop:
        case ast.For(iter=ast.Call(func=ast.Name(id="range"), args=[only], keywords=[])):
            return only
        case ast.For(iter=iterable):
            return iterable
        case ast.While(test=ast.Constant()):
            return None
        case ast.While(test=test):
            return test
    return None


def is_counted(loop: ast.AST) -> bool:
    """``for attempt in range(...)``, also over ``count()``."""
    match loop:
        case ast.For(iter=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))):
            return name in {"range", "count"}
    return False


def exception_name(expr: ast.expr | None) -> str:
    """The last name of each exception that an ``except`` names, joined by blanks."""
    match expr:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Tuple(elts=elements):
            return " ".join(map(exception_name, elements))
        case ast.BinOp(left=left, right=right):  # ``except A, B`` as the parser saw it
            return f"{exception_name(left)} {exception_name(right)}"
    return ""


def _own_handlers(loop: ast.While | ast.For) -> Iterator[ast.ExceptHandler]:
    stack: list[ast.AST] = list(reversed(loop.body))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.While | ast.For | ast.AsyncFor | ast.expr | _Function):
            continue
        if isinstance(node, ast.Try | ast.TryStar):
            yield from node.handlers
        stack.extend(reversed(list(children(node))))


def _kind(
    loop: ast.While | ast.For, handler: ast.ExceptHandler
) -> Literal["conflict-retry", "rate-limit-retry"] | None:
    caught = exception_name(handler.type)
    if _CONFLICT.search(caught):
        return "conflict-retry"
    if isinstance(loop, ast.While) and not _RATE_LIMIT.search(caught):
        return None
    if not isinstance(loop, ast.While) and not is_counted(loop):
        return None
    if _RATE_LIMIT.search(caught) or _asks_for_429(handler):
        return "rate-limit-retry"
    return None


def _asks_for_429(handler: ast.ExceptHandler) -> bool:
    return any(
        isinstance(node, ast.Constant)
        and (
            node.value == _TOO_MANY_REQUESTS
            or (isinstance(node.value, str) and _RATE_LIMIT_WORDS.search(node.value))
        )
        for node in _tests(handler)
    )


def _tests(handler: ast.ExceptHandler) -> Iterator[ast.AST]:
    """What the handler asks, not what it says."""
    for node in ast.walk(handler):
        if isinstance(node, ast.If | ast.IfExp | ast.While):
            yield from ast.walk(node.test)
