"""A chain of waves as it stands in one block, and whether what follows a wave may move."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import libcst as cst

from transforms.rule import Primitive
from transforms.syntax import waves
from transforms.syntax.lifetimes import held
from transforms.syntax.moving import Move, Moved, Trouble
from transforms.syntax.other_loops import other_loop
from transforms.syntax.parsed import Parsed, Span, parse
from transforms.syntax.scopes import bound_here, contains
from transforms.syntax.source import Source
from transforms.syntax.steps import reads

_Line = cst.SimpleStatementLine

Ending = Literal["value", "return", "rest"]
"""What the pipeline gives: the last wave's result, that result to be returned, or what the rest
of the block returns."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Wave:
    """``name = await call(…)``, or ``return await call(…)`` with no name."""

    statement: _Line
    call: cst.Call
    name: str | None
    stem: str
    """The part of the name that says which wave it is: ``wave1``."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Chain:
    """Waves in one block, each of which takes what the one before gave."""

    function: cst.FunctionDef
    block: cst.IndentedBlock
    waves: tuple[Wave, ...]
    ending: Ending
    moved: Moved
    held: frozenset[str]
    """What is bound between the waves to values that may have to live on."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """A chain of the file: its primitives, and what may be made of it."""

    waves: tuple[Primitive, ...]
    checkpoints: tuple[Primitive, ...]
    chain: Chain | Trouble


def find_chains(source: Source) -> tuple[Found, ...]:
    """The chains of the file, in source order, each with the primitives that belong to it."""
    parsed = parse(source.text)
    known = {_span(each): each for each in source.primitives}
    found = [_found(source, parsed, known, chain) for chain in waves.chains(parsed.names)]
    functions = [each.chain.function for each in found if isinstance(each.chain, Chain)]
    return tuple(
        replace(each, chain=Trouble("another-chain-here"))
        if isinstance(each.chain, Chain) and functions.count(each.chain.function) > 1
        else each
        for each in found
    )


def _found(
    source: Source, parsed: Parsed, known: Mapping[Span, Primitive], chain: waves.Chain
) -> Found:
    primitives: list[Primitive | None] = []
    calls: list[cst.CSTNode | None] = []
    for wave in chain.waves:
        place = parsed.span(wave.call)
        target = parsed.span(wave.target) if wave.target is not None else place
        primitives.append(known.get(target) or known.get(place))
        calls.append(source.node_of(Primitive(*place, "wave")))
    writes = (known.get(parsed.span(call)) for call in chain.checkpoints)
    return Found(
        waves=tuple(filter(None, primitives)),
        checkpoints=tuple(filter(None, writes)),
        chain=_recognise(source, [call for call in calls if isinstance(call, cst.Call)]),
    )


def awaited_into(statement: cst.CSTNode) -> tuple[str | None] | None:
    """``(name,)`` for ``name = await …``, ``(None,)`` for ``return await …``, else None."""
    if not isinstance(statement, _Line) or len(statement.body) != 1:
        return None
    match statement.body[0]:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Await()):
            return (name,)
        case cst.AnnAssign(target=cst.Name(value=name), value=cst.Await()):
            return (name,)
        case cst.Return(value=cst.Await()):
            return (None,)
    return None


def is_asyncio(source: Source, call: cst.Call) -> bool:
    """A call of asyncio's own. It stays a call, for the eyes of other rules, in a lambda."""
    return (source.called(call) or "").startswith("asyncio.")


def _span(primitive: Primitive) -> Span:
    return primitive.line, primitive.column, primitive.end_line, primitive.end_column


# --- the shape -----------------------------------------------------------------------------


def _recognise(source: Source, calls: Sequence[cst.Call]) -> Chain | Trouble:
    members: list[Wave] = []
    for call in calls:
        wave = _wave(source, call)
        if wave is None or (wave.name is None and call is not calls[-1]):
            return Trouble("wave-not-assigned", f"line {source.span(call)[0]}")
        members.append(wave)
    if len(members) < 2:
        return Trouble("shape-not-recognised")
    function, block = source.function(calls[0]), source.parent(members[0].statement)
    if not isinstance(function, cst.FunctionDef) or not isinstance(block, cst.IndentedBlock):
        return Trouble("shape-not-recognised")
    if any(source.parent(each.statement) is not block for each in members):
        return Trouble("waves-apart")
    trouble = _misplaced(source, function, block) or _unclear(source, block, members)
    if trouble is None and (other := other_loop(source)):
        trouble = Trouble("other-event-loop", other)
    return trouble or _movable(source, function, block, tuple(members))


def _wave(source: Source, call: cst.Call) -> Wave | None:
    awaited = source.parent(call)
    small = source.parent(awaited) if isinstance(awaited, cst.Await) else None
    statement = source.parent(small) if small is not None else None
    into = awaited_into(statement) if statement is not None else None
    if into is None or not isinstance(statement, _Line):
        return None
    (name,) = into
    stem = (waves.stem(name) if name else None) or waves.stem(_last_word(call.func))
    return None if stem is None else Wave(statement=statement, call=call, name=name, stem=stem)


def _last_word(func: cst.BaseExpression) -> str:
    match func:
        case cst.Attribute(attr=cst.Name(value=name)) | cst.Name(value=name):
            return name
    return ""


def _misplaced(
    source: Source, function: cst.FunctionDef, block: cst.IndentedBlock
) -> Trouble | None:
    if contains(function.body, cst.Yield, inner_functions=False):
        return Trouble("wave-in-generator")
    for ancestor in source.ancestors(block):
        if ancestor is function:
            break
        if isinstance(ancestor, cst.For | cst.While):
            return Trouble("wave-in-loop")
        if isinstance(ancestor, cst.ExceptHandler | cst.ExceptStarHandler | cst.Finally):
            return Trouble("wave-in-handler")
    return None


def _unclear(source: Source, block: cst.IndentedBlock, members: Sequence[Wave]) -> Trouble | None:
    for wave in members:
        alike = [each for each in block.body if awaited_into(each) == (wave.name,)]
        if len(alike) > 1 and wave.name is not None:
            return Trouble("wave-not-assigned", f"{wave.name} is assigned twice")
        is_ours = source.is_operator(wave.call.func, "last_value_from")
        is_moved = is_ours or is_asyncio(source, wave.call)
        if is_moved and contains(wave.call, cst.Await, cst.NamedExpr):
            return Trouble("awaits-in-arguments", source.code(wave.call.func))
    return None


# --- the move ------------------------------------------------------------------------------


def _movable(
    source: Source, function: cst.FunctionDef, block: cst.IndentedBlock, members: tuple[Wave, ...]
) -> Chain | Trouble:
    """The chain with the first ending that is exact."""
    first: Ending = "return" if members[-1].name is None else "value"
    endings: tuple[Ending, ...] = (first, "rest")
    troubles: list[Trouble] = []
    for ending in endings:
        move = _move(source, function, block, members, ending)
        moved = move.check()
        if isinstance(moved, Trouble):
            troubles.append(moved)
            continue
        chain = Chain(
            function=function,
            block=block,
            waves=members,
            ending=ending,
            moved=moved,
            held=held(source, move.moved) - (moved.shared & moved.outer),
        )
        cut_short = _cut_short(chain)
        if cut_short is None:
            return chain
        troubles.append(cut_short)
    precise = [each for each in troubles if each.reason != "return-between-waves"]
    return (precise or troubles)[0]


def _cut_short(chain: Chain) -> Trouble | None:
    """A value that would not live as long as the chain: its step ends, and no later one has it."""
    body: list[cst.CSTNode] = list(chain.block.body)
    for wave, following in pairwise(chain.waves):
        start, end = body.index(wave.statement), body.index(following.statement)
        names = _bound_to_held(chain, wave, body[start + 1 : end])
        if following is chain.waves[-1]:
            later = names if chain.ending == "rest" else frozenset()
        else:
            later = reads(body[end + 1 :])
        if names - later:
            return Trouble("value-kept-alive", ", ".join(sorted(names - later)))
    return None


def kept_alive_in_vain(chain: Chain, checkpoint: cst.CSTNode) -> frozenset[str]:
    """Values that would go before a checkpoint if that became a stage of its own."""
    body: list[cst.CSTNode] = list(chain.block.body)
    at = body.index(checkpoint)
    wave = [each for each in chain.waves if body.index(each.statement) < at][-1]
    names = _bound_to_held(chain, wave, body[body.index(wave.statement) + 1 : at])
    return names - reads(body[at:])


def _bound_to_held(chain: Chain, wave: Wave, statements: Sequence[cst.CSTNode]) -> frozenset[str]:
    bound = frozenset().union(*(bound_here(each) for each in statements)) & chain.held
    is_resource = _RESOURCE.search(_last_word(wave.call.func)) is not None
    return bound | {wave.name} if is_resource and wave.name is not None else bound


_RESOURCE = re.compile(r"open|connect|acquire|lock|session|socket|spawn|subprocess")


def _move(
    source: Source,
    function: cst.FunctionDef,
    block: cst.IndentedBlock,
    members: tuple[Wave, ...],
    ending: Ending,
) -> Move:
    body = list(block.body)
    first = body.index(members[0].statement)
    last = body.index(members[-1].statement)
    end = len(body) if ending == "rest" else last + 1
    values = {wave.statement: wave for wave in members}
    if ending == "rest":
        del values[members[-1].statement]
    return Move(
        source=source,
        function=function,
        block=block,
        head=members[0].statement,
        moved=tuple(body[first + 1 : end]),
        behind=tuple(body[end:]) if ending == "value" else (),
        values={statement: wave.call for statement, wave in values.items()},
        given=frozenset(each.name for each in members[:-1] if each.name is not None),
        result=members[-1].name if ending == "value" else None,
        may_return=ending == "rest",
    )
