"""Runs a blocking function in a thread as the source of a pipeline.

Recognises:
    ``await asyncio.to_thread(f, *args, **kwargs)`` and ``await loop.run_in_executor(None, f,
    *args)``, anywhere in an expression. ``asyncio.to_thread(…)`` as well where it is not awaited
    but handed on (``create_task``, a ``return``); either of them as a call of a ``fork_join``, as
    what ``flat_map`` is given, and under ``timeout``.

Emits:
    ``await last_value_from(rx.from_callable(partial(f, *args)).pipe(in_thread()))``; without
    arguments ``rx.from_callable(f)``; ``in_executor()`` for ``run_in_executor``, which does not
    bring the context along. A variable for the loop goes if nothing else needs it. Where the
    loop is not known to be the running one it is passed on: ``in_executor(loop=self._loop)``.

Keeps:
    Result order: there is one result.
    First error: what the function raises, as the same object, raised on the loop.
    Siblings: none; the loop's own default executor runs it, so its size is the limit, as before.
    Cancellation: the caller goes on at once; the thread runs to its end, its result is lost.
    Timing: the function and its arguments are evaluated where they were; the job is handed to
        the executor in the same turn of the loop.
    Context: a copy of the caller's for ``to_thread``, none for ``run_in_executor``.

Refuses:
    not-awaited: the future of ``run_in_executor``, whose job has begun, is kept or passed on.
    loop-unknown: nothing says that it is asyncio's event loop whose executor is asked for.
    arguments-unclear: ``*`` hides the function, or the arguments are not what the call takes.
    awaits-in-arguments: an argument is awaited before a loop is looked up that may change.
    inside-f-string: it stands inside an f-string and takes more than one line.

Example:
    to_thread/library_service
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.rule import Primitive, Refused, Rule, Site
from transforms.syntax.comments import commented
from transforms.syntax.event_loops import executor_loop, loop_lines
from transforms.syntax.fan_out import is_plain
from transforms.syntax.layout import Call, Item, Pipe
from transforms.syntax.pieces import argument, one_line
from transforms.syntax.removal import carried
from transforms.syntax.replacing import Replacement, Replacer
from transforms.syntax.source import Source
from transforms.syntax.spelling import partial
from transforms.syntax.taker import Taker, taker

_OPERATORS = frozenset({"in_executor", "in_thread", "last_value_from"})


@dataclass(frozen=True, kw_only=True, eq=False)
class _Job(Replacement):
    call: cst.Call
    loop_line: cst.SimpleStatementLine | None
    """``loop = asyncio.get_running_loop()`` in the same function, if that is the loop."""


def find(source: Source) -> Iterator[Site | Refused]:
    for primitive, call in source.free_of_kind("to-thread", "run-in-executor"):
        if isinstance(call, cst.Call):
            yield _recognise(source, primitive, call)


def _recognise(source: Source, primitive: Primitive, call: cst.Call) -> Site | Refused:
    given = _in_thread(call) if primitive.kind == "to-thread" else _in_executor(call)
    if given is None:
        return Refused(primitive, "arguments-unclear", one_line(source, call))
    taken = taker(source, call)
    stage, loop_line = "in_thread()", None
    if primitive.kind == "run-in-executor":
        if not _begins_alike(source, call, taken):
            return Refused(primitive, "not-awaited", waits=True)
        loop = executor_loop(source, call)
        if loop.trouble is not None:
            return Refused(primitive, loop.trouble, one_line(source, call.func))
        stage = f"in_executor({f'loop={loop.passed_on}' if loop.passed_on else ''})"
        loop_line = loop.line
    return _site(source, primitive, call, taken, given, stage, loop_line)


def _site(
    source: Source,
    primitive: Primitive,
    call: cst.Call,
    taken: Taker,
    given: Sequence[cst.Arg],
    stage: str,
    loop_line: cst.SimpleStatementLine | None,
) -> Site | Refused:
    opening, items = _items(source, call, given)
    name = partial(source) if len(given) > 1 else ""
    if name:
        opening, items = "", [Call(name, tuple(items), opening)]
    pipeline = Pipe(Call("rx.from_callable", tuple(items), opening), (stage,))
    place = taken.place(source, pipeline)
    if place is None:
        return Refused(primitive, "inside-f-string")
    carriers = (each.carrier for each in carried(source, [loop_line] if loop_line else []))
    return _Job(
        primitives=(primitive,),
        rewrite="pipeline",
        operators=frozenset({"last_value_from", stage.partition("(")[0]}),
        uses_rx=True,
        uses_partial=name == "partial",
        parameters=(("call", one_line(source, given[0].value)),),
        touched=(place[0], *((loop_line, *carriers) if loop_line is not None else ())),
        consumed=(place[0],),
        call=call,
        place=place,
        loop_line=loop_line,
    )


def _items(source: Source, call: cst.Call, given: Sequence[cst.Arg]) -> tuple[str, list[Item]]:
    """The comment that opens the arguments; the function and its own ones, with theirs."""
    if not set(given) <= set(call.args):
        return "", [argument(source, arg) for arg in given]
    opening, items = commented(call, [argument(source, arg) for arg in call.args])
    return opening, items[len(items) - len(given) :]


def _in_thread(call: cst.Call) -> Sequence[cst.Arg] | None:
    """The function and its arguments."""
    if not call.args or call.args[0].star or call.args[0].keyword is not None:
        return None
    return call.args


def _in_executor(call: cst.Call) -> Sequence[cst.Arg] | None:
    """The function and its arguments, behind ``None``."""
    if [arg.keyword and arg.keyword.value for arg in call.args] == ["executor", "func"]:
        return (cst.Arg(call.args[1].value),)
    given = call.args[1:]
    if not given or given[0].star or any(arg.keyword or arg.star == "**" for arg in call.args):
        return None
    return given


def _begins_alike(source: Source, call: cst.Call, taken: Taker) -> bool:
    """Whether the job, which ``run_in_executor`` starts at once, starts then in a pipeline, too.

    In place of an argument it starts when all arguments are evaluated: the others must not be
    able to fail.
    """
    match taken.form:
        case "awaited":
            return True
        case "coroutine":
            return False
    parent = source.parent(call)
    if isinstance(parent, cst.Lambda):
        return True
    if taken.form == "staged":
        assert isinstance(taken.node, cst.Call)
        return all(_cannot_fail(source, stage.value) for stage in taken.node.args)
    around = source.parent(parent) if parent is not None else None
    return isinstance(around, cst.Call) and all(
        arg is parent or _cannot_fail(source, arg.value) for arg in around.args
    )


def _cannot_fail(source: Source, node: cst.BaseExpression) -> bool:
    """Whether evaluating ``node`` cannot but succeed, unless a name is wrong."""
    if is_plain(node):
        return True
    if not isinstance(node, cst.Call):
        return False
    match node.func:
        case cst.Attribute(value=value, attr=cst.Name("pipe")):
            is_known = _cannot_fail(source, value)
        case cst.Attribute(attr=cst.Name("run_in_executor")):
            is_known = True
        case func:
            is_known = source.origin(func) in _MADE_AT_ONCE or any(
                source.is_operator(func, name) for name in ("in_executor", "in_thread", "timeout")
            )
    return is_known and all(_cannot_fail(source, arg.value) for arg in node.args)


_MADE_AT_ONCE = frozenset({"functools.partial", "reactivex.from_callable"})


def _transformer(source: Source, sites: Sequence[Site]) -> Replacer:
    jobs = [site for site in sites if isinstance(site, _Job)]
    lines = {job.call: job.loop_line for job in jobs if job.loop_line is not None}
    return Replacer(source, sites, loop_lines(source, lines))


RULE = Rule(
    code="RX301",
    name="to-thread",
    tier=3,
    summary="a blocking call in a thread becomes an observable of its result",
    kinds=frozenset({"to-thread", "run-in-executor"}),
    operators=_OPERATORS,
    find=find,
    transformer=_transformer,
    doc=__doc__,
)
