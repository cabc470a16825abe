"""Limits an awaitable by a time with an operator of its pipeline.

Recognises:
    ``await asyncio.wait_for(x, t)``, anywhere in an expression, whatever ``x`` is: a call, a task,
    a future, anything that can be awaited. ``asyncio.wait_for(…)`` as well where it is not
    awaited but handed on (``create_task``, a ``return``), as a call of a ``fork_join``, as what
    ``flat_map`` is given, and under another ``timeout``.

Emits:
    ``await last_value_from(from_async(f, a).pipe(timeout(t)))`` for a call that may as well be
    made a little later, in the same turn of the loop: of a coroutine function, or where
    reading ``t`` first cannot matter. ``from_awaitable(x).pipe(timeout(t))`` for all else:
    there, ``x`` is evaluated first, as it was. A function in a thread is a source itself:
    ``rx.from_callable(f).pipe(in_thread(), timeout(t))``. Where ``timeout`` is what a variable is
    called, the operator is called by its module: ``_operators.timeout(timeout)``.

Keeps:
    Result order: there is one result.
    First error: what ``x`` raises, a ``TimeoutError`` of its own included; ``TimeoutError`` when
        time is up.
    Siblings: none.
    Cancellation: ``x`` is cancelled and has finished its cleanup before the caller goes on, at
        the end of the time as well as when the caller is cancelled; a task is cancelled, too.
    Timing: as in the running Python's ``wait_for``; None is no limit, zero or less none at all.
    Context: as in the running Python's ``wait_for``: a task of its own up to 3.11.

Refuses:
    arguments-unclear: ``*`` or ``**`` hides what is passed, it is not what ``wait_for`` takes, or
        the time is evaluated before the awaitable.
    inside-f-string: it stands inside an f-string and takes more than one line.

Example:
    wait_for/client_with_limits
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from transforms.rule import Primitive, Refused, Rule, Site
from transforms.syntax.comments import commented
from transforms.syntax.constants import number
from transforms.syntax.layout import Call, Item, Pipe
from transforms.syntax.pieces import argument, one_line, pieces
from transforms.syntax.replacing import Replacement, Replacer
from transforms.syntax.scopes import contains, is_local, occurrences
from transforms.syntax.source import Source
from transforms.syntax.spelling import operator
from transforms.syntax.stability import accepts, function_called, is_constant, only_binding
from transforms.syntax.steady import is_settled_attribute
from transforms.syntax.taker import Taker, taker

_STARTERS = frozenset(
    {"create_future", "create_task", "ensure_future", "gather", "run_in_executor", "shield"}
    | {"submit", "wrap_future", "run_coroutine_threadsafe"}
    | {"__next__", "eval", "next", "send"}
)
"""What begins something, or makes a future, when it is called: no function to be called later.

Nor are the last ones: a ``StopIteration`` does not get out of a coroutine; ``eval`` looks around.
"""


def find(source: Source) -> Iterator[Site | Refused]:
    calls = [*source.free_of_kind("wait-for")]
    name = operator(source, "timeout", "wait-for") if calls else ""
    for primitive, call in calls:
        if isinstance(call, cst.Call):
            yield _recognise(source, primitive, call, name)


def _recognise(source: Source, primitive: Primitive, call: cst.Call, name: str) -> Site | Refused:
    given = _arguments(call)
    if given is None:
        return Refused(primitive, "arguments-unclear", one_line(source, call))
    awaitable, seconds = given
    taken = taker(source, call)
    if _may_come_late(source, awaitable, seconds, taken):
        assert isinstance(awaitable, cst.Call)
        made = Call("from_async", tuple(_called(source, awaitable)))
    else:
        made = Call("from_awaitable", (pieces(source, awaitable),))
    stage = Call(name, (pieces(source, seconds),))
    place = taken.place(source, Pipe(made, (_with_remarks(call, seconds, stage),)))
    if place is None:
        return Refused(primitive, "inside-f-string")
    own = {made.head, "last_value_from"}
    return Replacement(
        primitives=(primitive,),
        rewrite="pipeline",
        operators=frozenset(own if "." in name else own | {"timeout"}),
        uses_module="." in name,
        parameters=(("timeout", one_line(source, seconds)),),
        touched=(place[0],),
        consumed=(place[0],),
        place=place,
    )


def _arguments(call: cst.Call) -> tuple[cst.BaseExpression, cst.BaseExpression] | None:
    """``fut`` and ``timeout``; None where they cannot be told, or come in another order."""
    found: dict[str, cst.BaseExpression] = {}
    for arg, place in zip(call.args, ("fut", "timeout"), strict=False):
        name = place if arg.keyword is None else arg.keyword.value
        if arg.star or name not in {"fut", "timeout"} or name in found:
            return None
        found[name] = arg.value
    if len(call.args) != 2 or len(found) != 2:
        return None
    if next(iter(found)) == "timeout" and not is_constant(found["timeout"]):
        return None
    return found["fut"], found["timeout"]


def _with_remarks(call: cst.Call, seconds: cst.BaseExpression, stage: Item) -> Item:
    """The stage with the comments around the time, if that comes last."""
    _, items = commented(call, [stage] * len(call.args))
    return items[-1] if call.args[-1].value is seconds else stage


def _called(source: Source, call: cst.Call) -> Iterator[Item]:
    """The function and its arguments, as the arguments of ``from_async``."""
    yield one_line(source, call.func)
    for arg in call.args:
        bare = isinstance(arg.value, cst.GeneratorExp) and not arg.value.lpar
        yield f"({one_line(source, arg.value)})" if bare else argument(source, arg)


# --- when the call may be made -------------------------------------------------------------


def _may_come_late(
    source: Source, awaitable: cst.BaseExpression, seconds: cst.BaseExpression, taken: Taker
) -> bool:
    """Whether nobody can tell that the call is made when the pipeline is subscribed to.

    Its function and its arguments are evaluated where they were in any case.
    """
    if not isinstance(awaitable, cst.Call) or _begins_something(source, awaitable):
        return False
    if taken.form == "coroutine":
        return False  # it may never be awaited, nor then what it limits
    function = function_called(source, awaitable.func)
    if function is not None and _gives_coroutine(function):
        is_method = isinstance(awaitable.func, cst.Attribute)
        return accepts(function, awaitable, bound=is_method)
    # Awaited, it is subscribed to at once: only the time has been looked up in between.
    at_once = taken.form == "awaited" or isinstance(source.parent(taken.node), cst.Lambda)
    return at_once and _is_steady(source, seconds)


def _begins_something(source: Source, call: cst.Call) -> bool:
    """Whether a call is a site of its own, or starts what it gives."""
    if source.primitive_at(call) is not None or source.origin(call.func) in _SITES:
        return True
    name = call.func.attr if isinstance(call.func, cst.Attribute) else call.func
    return isinstance(name, cst.Name) and name.value in _STARTERS


_SITES = frozenset({"asyncio.sleep", "asyncio.to_thread", "asyncio.wait_for"})


def _gives_coroutine(function: cst.FunctionDef) -> bool:
    """Whether a call does nothing but make a coroutine."""
    is_generator = contains(function.body, cst.Yield, inner_functions=False)
    return function.asynchronous is not None and not is_generator


def _is_steady(source: Source, node: cst.BaseExpression) -> bool:
    """Whether no function that is called in between can change what ``node`` gives."""
    if is_constant(node) or number(node) is not None:
        return True
    match node:
        case cst.Name():
            return _is_own_variable(source, node)
        case cst.Attribute():
            return is_settled_attribute(source, node)
        case cst.BinaryOperation(left=left, right=right):
            return _is_steady(source, left) and _is_steady(source, right)
        case cst.BooleanOperation(left=left, right=right):
            return _is_steady(source, left) and _is_steady(source, right)
        case cst.IfExp(test=test, body=body, orelse=orelse):
            return all(_is_steady(source, each) for each in (test, body, orelse))
    return False


def _is_own_variable(source: Source, name: cst.Name) -> bool:
    function = source.function(name)
    while isinstance(function, cst.Lambda) and not is_local(function, name.value):
        function = source.function(function)
    if function is not None and is_local(function, name.value):
        roles = {each.role for each in occurrences(function, name.value)}
        return "declaration" not in roles
    return only_binding(source, name) is not None


RULE = Rule(
    code="RX302",
    name="wait-for",
    tier=3,
    summary="a time limit becomes a stage of the pipeline",
    kinds=frozenset({"wait-for"}),
    operators=frozenset({"from_async", "from_awaitable", "last_value_from", "timeout"}),
    find=find,
    transformer=Replacer,
    doc=__doc__,
)
