"""Polls of any other body: one round of the loop is a function, and says how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import libcst as cst

from transforms.syntax.checks import Check, Variables, fresh, variables, waits_first
from transforms.syntax.imports import variables as names_in
from transforms.syntax.loops import WaitingLoop, jumps, statements
from transforms.syntax.poll_draft import Draft, Form, declarations, is_fixed, unused
from transforms.syntax.raising import raises_anew, stops_iteration
from transforms.syntax.result_types import repeated
from transforms.syntax.scopes import contains, loaded, walk
from transforms.syntax.source import Source
from transforms.syntax.stability import is_constant

_LONGEST_TAIL = 3


# --- how it ends ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False)
class _Ends:
    """What the function says for each way out of the loop."""

    on_end: str | None = "return False"
    on_break: str = "return False"
    on_return: str | None = None
    has_results: bool = False
    """It returns what the loop returned, and ``PENDING`` before that."""
    closing: str | None = None
    tail: tuple[cst.SimpleStatementLine, ...] = ()
    """The statements behind the loop, which only some ways out lead to."""


def _ends(draft: Draft) -> _Ends | None:
    """How the loop ends; None if it cannot be said by one value."""
    loop = draft.loop
    in_otherwise = tuple(jumps(loop.otherwise))
    if any(not isinstance(jump.node, cst.Return) for jump in in_otherwise):
        return None
    returns = [jump.node for jump in (*loop.returns, *in_otherwise)]
    runs_out = loop.is_bounded and not _leaves(loop.otherwise)
    if not returns:
        return _Ends(on_end="return False" if runs_out else None)
    falls = runs_out or bool(loop.breaks)
    tail = _tail(draft) if falls else ()
    if tail is None:
        return None
    values = {_constant(draft, node) for node in returns}
    (value,) = values if len(values) == 1 else (None,)
    if value is not None and not falls:
        return _constant_ends(draft, value, ())
    end = tail[-1].body[-1] if tail else None
    if value is not None and len(tail) == 1 and _constant(draft, end) == value:
        # The statement behind the loop says the same: it stays.
        return _Ends(on_return="return False")
    if value == "None" and not tail and falls:
        return _Ends(on_return="return False")
    if loop.breaks and (len(tail) > 1 or any(jump.is_guarded for jump in loop.breaks)):
        return None
    is_generator = contains(loop.function.body, cst.Yield, inner_functions=False)
    on_break = draft.source.code(end) if end is not None else "return None"
    if value is not None and isinstance(end, cst.Raise):
        return replace(_constant_ends(draft, value, tail), on_break=on_break, on_end=None)
    if is_generator:
        return None  # it may return nothing, and so not the pipeline's result
    return _Ends(
        on_end="return None" if runs_out and not tail else None,
        on_break=on_break,
        has_results=True,
        tail=tail,
    )


def _constant_ends(draft: Draft, value: str, tail: tuple[cst.SimpleStatementLine, ...]) -> _Ends:
    """Ends of which all that return return the same constant."""
    following = _following(draft)[len(tail) :]
    at_end = not following and draft.source.parent(draft.loop.node) is draft.loop.function.body
    said = "return" if value == "None" else f"return {value}"
    closing = None if value == "None" and at_end else said
    return _Ends(on_end=None, on_return="return False", closing=closing, tail=tail)


def _constant(draft: Draft, node: cst.CSTNode | None) -> str | None:
    """What a ``return`` returns, if that is a constant."""
    if not isinstance(node, cst.Return):
        return None
    if node.value is None:
        return "None"
    return draft.text(node.value) if is_constant(node.value) else None


def _leaves(body: Sequence[cst.CSTNode]) -> bool:
    """Whether a block ends by ``return`` or ``raise``."""
    last = statements(body[-1])[-1:] if body else ()
    return bool(last) and isinstance(last[0], cst.Return | cst.Raise)


def _following(draft: Draft) -> tuple[cst.CSTNode, ...]:
    block = draft.source.block(draft.loop.node)
    return block[block.index(draft.loop.node) + 1 :]


def _tail(draft: Draft) -> tuple[cst.SimpleStatementLine, ...] | None:
    """The few lines behind the loop up to a ``return`` or ``raise``; empty at a function's end."""
    following = _following(draft)
    if not following:
        is_last = draft.source.parent(draft.loop.node) is draft.loop.function.body
        return () if is_last else None
    tail: list[cst.SimpleStatementLine] = []
    for each in following[:_LONGEST_TAIL]:
        if not isinstance(each, cst.SimpleStatementLine) or len(each.body) != 1:
            return None
        tail.append(each)
        if isinstance(each.body[0], cst.Break | cst.Continue) or contains(each, cst.Yield):
            return None
        if raises_anew([each]) or stops_iteration(draft.source, draft.loop.node, [each]):
            return None
        if _leaves(tail):
            return None if draft.has_primitives(*tail) else tuple(tail)
    return None


# --- the function --------------------------------------------------------------------------


def rounds_form(draft: Draft) -> Form | str:
    """The form, or the reason why there is none."""
    ends = _ends(draft)
    if ends is None:
        return "several-ends"
    function, loop = draft.name(), draft.loop
    if function is None:
        return "name-conflict"
    found = variables(loop, ends.tail, outside=(loop.wait,))
    counted = _counted(draft, found)
    if counted is None or found.bindings.deleted:
        return "loop-variables"
    if found.unsure:
        return "maybe-unbound"
    is_reached = not _leaves(loop.otherwise) and (ends.has_results or ends.on_end is None)
    late = found.homeless & loaded(draft.period) - _annotated_names(loop.function)
    if not late <= found.at_wait or variables(loop, ends.tail).homeless & late:
        return "loop-variables"
    result = _result(draft, found, ends, found.homeless - late)
    if found.homeless - late - {result}:
        return "loop-variables"
    found = replace(found, nonlocals=found.nonlocals | late - {result})
    check = Check(
        head=draft.head(function, counted.parameter, _returns(draft, ends, result)),
        first=(*declarations(found), *counted.first),
        later=None if waits_first(loop) or not loop.after else counted.parameter,
        out=counted.out,
        on_end=ends.on_end,
        ending=ends.tail if is_reached else (),
        on_break=f"return {result}" if result else ends.on_break,
        on_return=ends.on_return,
        last=_last(loop, ends, result),
    )
    word = result or _word(loop)
    has_results = ends.has_results or result is not None
    target = "return " if ends.has_results else f"{result} = " if result else ""
    return Form(
        keep=f"lambda {word}: {word} is PENDING" if has_results else "lambda pending: pending",
        predicate=_predicate(draft),
        asks=function,
        check=check,
        target=target,
        setting=(*(f"{name}: float" for name in sorted(late)), *counted.setting),
        closing=ends.closing,
        moved=ends.tail,
    )


def _result(draft: Draft, found: Variables, ends: _Ends, homeless: frozenset[str]) -> str | None:
    """The one variable that lives on behind the loop, where every ``break`` can return it."""
    loop = draft.loop
    if len(homeless) != 1 or loop.returns or loop.is_bounded or loop.otherwise:
        return None
    (name,) = homeless
    bound = [found.bindings.at.get(jump.node) or frozenset() for jump in loop.breaks]
    if not all(name in each for each in bound):
        return None
    return name if draft.may_be_late(name, replace(found, at_wait=bound[0])) else None


def _last(loop: WaitingLoop, ends: _Ends, result: str | None) -> str | None:
    if ends.has_results or result is not None:
        return "return PENDING"
    asks = loop.condition is not None and not loop.before and not loop.otherwise
    return None if asks and ends.on_end == "return False" else "return True"


def _returns(draft: Draft, ends: _Ends, result: str | None) -> str:
    if result is not None:
        return ""
    if not ends.has_results:
        return "bool"
    returns = draft.loop.function.returns
    if returns is None:
        return ""
    return repeated(draft.source, draft.loop.function, returns.annotation) or ""


def _word(loop: WaitingLoop) -> str:
    """What to call a result: the variable that the loop returns, if it is always the same."""
    values = [jump.node.value for jump in loop.returns if isinstance(jump.node, cst.Return)]
    names = {value.value if isinstance(value, cst.Name) else "" for value in values}
    (name,) = names if len(names) == 1 else ("",)
    return name if name.isidentifier() and name not in ("None", "True", "False") else "result"


def _annotated_names(function: cst.FunctionDef) -> set[str]:
    targets = (node.target for node in walk(function) if isinstance(node, cst.AnnAssign))
    return {target.value for target in targets if isinstance(target, cst.Name)}


def _predicate(draft: Draft) -> str:
    """The source text of what keeps the loop going."""
    loop = draft.loop
    ways = {jump.node for jump in loop.jumps}
    found = [] if loop.condition is None else [draft.text(loop.condition)]
    for node in (*loop.after, *loop.before):
        found += [
            draft.opposite(each.test)
            for each in walk(node, inner_functions=False)
            if isinstance(each, cst.If) and ways.intersection(walk(each.body))
        ]
    return " and ".join(f"({text})" if len(found) > 1 else text for text in found)


# --- the number of the round ---------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Counted:
    parameter: str
    first: tuple[str, ...] = ()
    out: str | None = None
    setting: tuple[str, ...] = ()


def _counted(draft: Draft, found: Variables) -> _Counted | None:
    """How the function counts; None if the loop's variable is wanted elsewhere."""
    loop, source = draft.loop, draft.source
    nodes = (*loop.before, *loop.after, *loop.otherwise)
    taken = names_in(loop.function)
    number = fresh(taken, "n", "number", "nth") or "_number"
    if loop.rounds is None:
        needed = loop.after and not waits_first(loop)
        return _Counted(parameter=number if needed else unused(loop.node))
    rounds = loop.rounds
    elsewhere = found.bindings.captured | found.declared | loaded(draft.period)
    elsewhere |= found.bindings.stored.union(*(loaded(node) for node in loop.after))
    if rounds.variable in elsewhere or draft.is_read(rounds.variable, *nodes):
        return None
    if rounds.stop is not None and draft.has_primitives(rounds.stop):
        return None
    is_used = any(rounds.variable in loaded(node) for node in nodes)
    name = rounds.variable if is_used and not rounds.start else number
    first = (f"{rounds.variable} = {number} + {rounds.start}",) if is_used and rounds.start else ()
    if rounds.stop is None:
        needs = is_used or (loop.after and not waits_first(loop))
        return _Counted(parameter=name if needs else unused(loop.node), first=first)
    stop, setting = draft.text(rounds.stop), tuple[str, ...]()
    if not _is_fixed_sum(source, rounds.stop):
        limit = fresh(taken, "rounds", "max_rounds", "limit") or "_rounds"
        stop, setting = limit, (f"{limit} = {stop}",)
    counter = rounds.variable if first else f"{name} + {rounds.start}" if rounds.start else name
    return _Counted(parameter=name, first=first, out=f"{counter} >= {stop}", setting=setting)


def _is_fixed_sum(source: Source, node: cst.BaseExpression) -> bool:
    """``n``, ``n + 1`` and the like, of numbers that do not change."""
    match node:
        case cst.BinaryOperation(left=left, operator=cst.Add() | cst.Subtract(), right=right):
            return _is_fixed_sum(source, left) and _is_fixed_sum(source, right)
    return is_fixed(source, node)
