"""Joins a fixed number of awaitables in one pipeline.

Recognises:
    ``await asyncio.gather(f(), g())``, anywhere in an expression: any number of awaitables, each
    with an argument of its own (calls, tasks, futures), none and one included.
    ``return_exceptions`` is passed on.

Emits:
    ``await last_value_from(fork_join(f(), g()))``. Threads and time limits among the awaitables
    are sources themselves: ``fork_join(rx.from_callable(f).pipe(in_thread()), g())``.

Keeps:
    Result order: a list, in the order of the awaitables; ``[]`` for none.
    First error: raised at once, as the same object.
    Siblings: go on after the first error; what they raise later is dropped without a warning.
    Cancellation: all are cancelled; the caller sees it when the first of them has ended (with
        ``return_exceptions``: all of them), as with ``asyncio.gather``.
    Timing: the calls are made where they were made; the tasks start in the same turn of the loop.
    Context: each runs in a task of its own with a copy of the caller's context.

Refuses:
    not-awaited: the gather is stored, passed on or returned without ``await``.
    arguments-unclear: ``**`` or an unknown keyword.
    inside-f-string: it stands inside an f-string and takes more than one line.

Example:
    gather_fixed/user_page
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from transforms.rule import Primitive, Refused, Rule, Site
from transforms.syntax.comments import commented
from transforms.syntax.layout import Call, Commented, Item, awaited
from transforms.syntax.pieces import argument, one_line, pieces
from transforms.syntax.placement import placed
from transforms.syntax.replacing import Replacement, Replacer
from transforms.syntax.source import Source
from transforms.syntax.taker import observable_in


def find(source: Source) -> Iterator[Site | Refused]:
    for primitive, call in source.free_of_kind("gather"):
        if isinstance(call, cst.Call) and not any(arg.star == "*" for arg in call.args):
            yield _recognise(source, primitive, call)


def _recognise(source: Source, primitive: Primitive, call: cst.Call) -> Site | Refused:
    awaiting = source.parent(call)
    if not isinstance(awaiting, cst.Await):
        return Refused(primitive, "not-awaited")
    unclear = [arg for arg in call.args if arg.star or not _is_known(arg)]
    if unclear:
        return Refused(primitive, "arguments-unclear", one_line(source, unclear[0]))
    opening, items = commented(call, [_source(source, arg) for arg in call.args])
    pairs = zip(call.args, items, strict=True)
    given = (item for arg, item in pairs if isinstance(item, Commented) or not _says_nothing(arg))
    joined = Call("fork_join", tuple(given), opening)
    place = placed(source, awaiting, awaited(joined), whole=True)
    if place is None:
        return Refused(primitive, "inside-f-string")
    return Replacement(
        primitives=(primitive,),
        rewrite="pipeline",
        operators=frozenset({"fork_join", "last_value_from"}),
        parameters=primitive.parameters,
        touched=(place[0],),
        consumed=(place[0],),
        place=place,
    )


def _is_known(arg: cst.Arg) -> bool:
    return arg.keyword is None or arg.keyword.value == "return_exceptions"


def _says_nothing(arg: cst.Arg) -> bool:
    """``return_exceptions=False``."""
    match arg:
        case cst.Arg(keyword=cst.Name(), value=cst.Name("False")):
            return True
    return False


def _source(source: Source, arg: cst.Arg) -> Item:
    observable = observable_in(source, arg.value) if arg.keyword is None else None
    if observable is not None:
        return pieces(source, observable)
    if isinstance(arg.value, cst.GeneratorExp) and not arg.value.lpar:
        return f"({one_line(source, arg.value)})"
    return argument(source, arg)


RULE = Rule(
    code="RX304",
    name="gather-fixed",
    tier=3,
    summary="a fixed number of awaitables become sources of a fork_join",
    kinds=frozenset({"gather"}),
    operators=frozenset({"fork_join", "last_value_from"}),
    find=find,
    transformer=Replacer,
    doc=__doc__,
)
