"""Chains of waves: an awaited result that feeds the next one, told by their names.

``wave1 = await f()`` … ``wave2 = await g(wave1)``: the two share a word and have ordinals that
follow one another. The second may take the first one's result as it is, in an expression, or by
way of variables that were computed from it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from transforms.syntax.names import FunctionNode, Names, children

_WORDS = ("wave", "phase", "pass", "stage", "step", "round")
_WORD = rf"(?P<word>{'|'.join(_WORDS)})"
_ORDINALS = {"one": 1, "first": 1, "two": 2, "second": 2, "three": 3, "third": 3, "four": 4}
_PATTERNS = (
    re.compile(rf"(?:^|_){_WORD}_?(?P<count>\d+)(?=_|$)"),
    re.compile(rf"(?:^|_){_WORD}_(?P<count>one|two|three|four)(?=_|$)"),
    re.compile(rf"(?:^|_)(?P<count>first|second|third)_{_WORD}(?=_|$)"),
)
_FILLS = frozenset({"add", "append", "appendleft", "extend", "insert", "setdefault", "update"})
_WRITES = ("save", "checkpoint", "persist", "store", "write", "commit", "flush", "record")
# Each begins with what is rare, so that the search stops at few places.
_RARE = rf"2(?<=[aegnpsduh_]2)(?:{'|'.join(f'(?<={w}2)|(?<={w}_2)' for w in _WORDS)})"
_SECONDS = (
    re.compile(_RARE),
    re.compile(rf"_two(?:{'|'.join(f'(?<={w}_two)' for w in _WORDS)})"),
    re.compile(rf"second_(?:{'|'.join(_WORDS)})"),
)
_SECONDS_BYTES = tuple(re.compile(pattern.pattern.encode()) for pattern in _SECONDS)


def may_hold_chain(text: str | bytes) -> bool:
    """False only if no chain can be in the text: every chain has a second wave."""
    if isinstance(text, bytes):
        return b"await" in text and any(second.search(text) for second in _SECONDS_BYTES)
    return "await" in text and any(second.search(text) for second in _SECONDS)


@dataclass(frozen=True, slots=True, eq=False)
class Wave:
    """One awaited call of a chain. ``target`` is None where the result is returned."""

    word: str
    ordinal: int
    statement: ast.stmt
    call: ast.Call
    target: ast.Name | None


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """Two or more waves, and the awaited writes that stand between them."""

    waves: tuple[Wave, ...]
    checkpoints: tuple[ast.Call, ...]


def chains(names: Names) -> Iterator[Chain]:
    """The chains of all functions of the module."""
    for scope in names.scopes:
        if isinstance(scope.node, FunctionNode) and names.runs(scope.node):
            statements = tuple(_statements(scope.node.body))
            yield from _chains_of(names, statements)


def callee(call: ast.Call) -> str:
    """The last name of what is called: ``save`` for ``self._store.save(...)``."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def stem(name: str) -> str | None:
    """The part of a wave's name that says which one it is: ``wave1`` of ``wave1_results``."""
    found = next(filter(None, (pattern.search(name) for pattern in _PATTERNS)), None)
    return found[0].strip("_") if found is not None else None


def _chains_of(names: Names, statements: tuple[ast.stmt, ...]) -> Iterator[Chain]:
    waves = [wave for statement in statements if (wave := _wave(statement))]
    linked: set[Wave] = set()
    for first in waves:
        if first.ordinal > 2:
            continue
        chain = [first]
        while first not in linked and (following := _next(chain[-1], waves, statements)):
            chain.append(following)
        if len(chain) > 1:
            linked.update(chain)
            pairs = pairwise(chain)
            writes = [call for one, two in pairs for call in _writes_between(names, one, two)]
            yield Chain(tuple(chain), tuple(writes))


def _next(wave: Wave, waves: Iterable[Wave], statements: tuple[ast.stmt, ...]) -> Wave | None:
    """The wave of the next ordinal that takes what came of ``wave``."""
    start = statements.index(wave.statement)
    for other in waves:
        if (other.word, other.ordinal) != (wave.word, wave.ordinal + 1):
            continue
        end = statements.index(other.statement)
        if start < end and _takes(other.call, _results(wave, statements[start + 1 : end])):
            return other
    return None


def _results(wave: Wave, between: Iterable[ast.stmt]) -> set[str]:
    """The wave's targets, and the variables that were computed from them."""
    known = set(_targets(wave.statement))
    for statement in between:
        for source, names in _flows(statement):
            if known & _loaded(source):
                known.update(names)
    return known


def _flows(statement: ast.stmt) -> Iterator[tuple[ast.AST, Iterable[str]]]:
    """Pairs of an expression and the variables that take something of it."""
    match statement:
        case ast.Assign(value=value, targets=targets):
            yield value, [*_targets(statement), *_filled(targets)]
        case ast.AugAssign(value=value, target=target):
            yield value, [*_targets(statement), *_filled([target])]
        case ast.AnnAssign(value=ast.expr() as value):
            yield value, _targets(statement)
        case ast.For(iter=value, target=target) | ast.AsyncFor(iter=value, target=target):
            yield value, _stored([target])
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) as call
        ):
            if attr in _FILLS:
                yield call, [name]


def _filled(targets: Iterable[ast.expr]) -> Iterator[str]:
    """``terms`` of ``terms[node] = …``."""
    for target in targets:
        match target:
            case ast.Subscript(value=ast.Name(id=name)):
                yield name


def _takes(call: ast.Call, names: set[str]) -> bool:
    return any(names & _loaded(argument) for argument in [*call.args, *call.keywords])


def _writes_between(names: Names, first: Wave, second: Wave) -> Iterator[ast.Call]:
    """``await save(...)`` in the block of the first wave, before the second."""
    block = _block_of(names, first.statement)
    around = {second.statement, *(ancestor for ancestor, _ in names.ancestors(second.statement))}
    end = next((i for i, statement in enumerate(block) if statement in around), 0)
    for statement in block[block.index(first.statement) + 1 : end]:
        match statement:
            case ast.Expr(value=ast.Await(value=ast.Call() as call)) if _is_write(call):
                yield call


def _is_write(call: ast.Call) -> bool:
    return any(part.startswith(_WRITES) for part in callee(call).lower().split("_"))


def _block_of(names: Names, statement: ast.stmt) -> list[ast.stmt]:
    parent = names.parent(statement)
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and statement in block:
            return block
    return [statement]


def _wave(statement: ast.stmt) -> Wave | None:
    match statement:
        case (
            ast.Assign(value=ast.Await(value=ast.Call() as call))
            | ast.AnnAssign(value=ast.Await(value=ast.Call() as call))
            | ast.Return(value=ast.Await(value=ast.Call() as call))
        ):
            pass
        case _:
            return None
    targets = _targets(statement)
    for name in (*targets, callee(call)):
        if place := _place(name):
            target = targets.get(name) or next(iter(targets.values()), None)
            return Wave(*place, statement, call, target)
    return None


def _place(name: str) -> tuple[str, int] | None:
    """``wave1_results`` -> ``("wave", 1)``."""
    for pattern in _PATTERNS:
        if match := pattern.search(name):
            count = match["count"]
            return match["word"], int(count) if count.isdecimal() else _ORDINALS[count]
    return None


def _targets(statement: ast.stmt) -> dict[str, ast.Name]:
    """The variables that a statement assigns, in order."""
    match statement:
        case ast.Assign(targets=targets):
            pass
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            targets = [target]
        case _:
            return {}
    return _stored(targets)


def _stored(targets: Iterable[ast.expr]) -> dict[str, ast.Name]:
    nodes = (node for target in targets for node in ast.walk(target))
    return {
        node.id: node
        for node in nodes
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _loaded(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a function in source order, without those of nested definitions."""
    stack: list[ast.AST] = list(reversed(list(body)))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, FunctionNode | ast.ClassDef | ast.expr):
            stack.extend(reversed(list(children(node))))
