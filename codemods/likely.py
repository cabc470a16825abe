"""Which rule would take a primitive, from the shape of the code around it.

A forecast for the inventory: the rules themselves look closer, and may refuse.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from transforms.rule import Kind
from transforms.syntax.names import FunctionNode, Names, children
from transforms.syntax.retry_loops import RetryLoop, is_counted
from transforms.syntax.waves import callee

# Kinds that one rule alone takes, whatever stands around them.
_BY_KIND: Mapping[Kind, str] = MappingProxyType(
    {
        "checkpoint": "RX206",
        "conflict-retry": "RX103",
        "event": "RX102",
        "limiter": "RX203",
        "rate-limit-retry": "RX105",
        "retry-block": "RX101",
        "retry-decorator": "RX303",
        "run-in-executor": "RX301",
        "semaphore-value": "RX104",
        "to-thread": "RX301",
        "try-again": "RX101",
        "wait-for": "RX302",
        "wave": "RX205",
    }
)
_LAUNCHES = frozenset({"create_task", "ensure_future"})
_Loop = ast.While | ast.For | ast.AsyncFor


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of the file: names, retry loops by sleep, uses of semaphores by holder."""

    names: Names
    loops: Mapping[ast.AST, RetryLoop]
    semaphores: Mapping[str, tuple[ast.AST, ...]]

    @cached_property
    def gated(self) -> frozenset[str]:
        """The names of the functions of this file that enter one of its semaphores."""
        if not self.semaphores:
            return frozenset()
        nodes = (scope.node for scope in self.names.scopes)
        return frozenset(
            node.name
            for node in nodes
            if isinstance(node, ast.AsyncFunctionDef)
            and any(_last_name(expr) in self.semaphores for expr in _entered(node))
        )


def likely_rule(kind: Kind, node: ast.expr | ast.stmt, evidence: Evidence) -> str:
    """The code of the rule that would take the primitive of this kind at ``node``."""
    if kind == "sleep":
        return _of_sleep(node, evidence)
    if kind == "gather" and isinstance(node, ast.Call):
        return _of_gather(node, evidence)
    if kind == "semaphore":
        return _of_semaphore(node, evidence)
    return _BY_KIND[kind]


def _of_sleep(node: ast.AST, evidence: Evidence) -> str:
    if (retry := evidence.loops.get(node)) is not None:
        return _BY_KIND[retry.kind]
    if _is_zero(node):
        return "RX208"
    for ancestor, _ in evidence.names.ancestors(node):
        if isinstance(ancestor, FunctionNode | ast.Lambda | ast.ExceptHandler):
            break
        if isinstance(ancestor, _Loop):
            if _launches(ancestor):
                return "RX207"
            return "RX204" if _is_poll(ancestor) else "RX208"
    return "RX208"


def _is_zero(node: ast.AST) -> bool:
    match node:
        case ast.Call(args=[ast.Constant(value=value), *_]):
            return value == 0
    return False


def _launches(loop: _Loop) -> bool:
    return any(isinstance(node, ast.Call) and callee(node) in _LAUNCHES for node in _own(loop))


def _is_poll(loop: _Loop) -> bool:
    """A loop that asks again until something says stop. One that catches errors is a retry."""
    if not isinstance(loop, ast.While) and not is_counted(loop):
        return False
    if isinstance(loop, ast.While) and not isinstance(loop.test, ast.Constant):
        return True
    nodes = list(_own(loop))
    ends = any(isinstance(node, ast.Break | ast.Return | ast.Raise) for node in nodes)
    tries = any(isinstance(node, ast.Try | ast.TryStar) and node.handlers for node in nodes)
    return ends and not (is_counted(loop) and tries)


def _of_gather(node: ast.Call, evidence: Evidence) -> str:
    stars = [one.value for one in node.args if isinstance(one, ast.Starred)]
    if not stars:
        return "RX304"
    function = evidence.names.function(node)
    around = list(_own(function)) if function is not None else []
    if any(isinstance(star, ast.Name) for star in stars) and _staggers(around, evidence):
        return "RX207"
    made = [node for star in stars for node in _making(star, around)]
    called = {callee(call) for call in made if isinstance(call, ast.Call)}
    return "RX201" if called & evidence.gated else "RX202"


def _staggers(nodes: list[ast.AST], evidence: Evidence) -> bool:
    return any(
        isinstance(node, ast.Call)
        and evidence.names.resolve(node.func) == "asyncio.sleep"
        and _of_sleep(node, evidence) == "RX207"
        for node in nodes
    )


def _making(star: ast.expr, around: list[ast.AST]) -> Iterator[ast.AST]:
    """What makes the awaitables: the starred expression, or what fills the starred variable."""
    yield from ast.walk(star)
    if not isinstance(star, ast.Name):
        return
    for node in around:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                | ast.AugAssign(target=ast.Name(id=name), value=value)
            ) if name == star.id:
                yield from ast.walk(value)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if name == star.id:
                for argument in node.args:
                    yield from ast.walk(argument)


def _entered(function: ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    for node in _own(function):
        if isinstance(node, ast.AsyncWith):
            yield from (item.context_expr for item in node.items)


def _of_semaphore(node: ast.AST, evidence: Evidence) -> str:
    """A semaphore that another one takes the place of, or whose permits are set, is dynamic."""
    names = evidence.names
    for holder, uses in evidence.semaphores.items():
        made = [parent for use in uses if isinstance(parent := names.parent(use), ast.Call)]
        if node in made:
            replaced = len({names.function(one) for one in made}) > 1 and _is_attribute(names, made)
            written = any(
                watched.attr == "_value"
                and isinstance(watched.ctx, ast.Store)
                and _last_name(watched.value) == holder
                for watched in names.watched
            )
            return "RX104" if replaced or written else "RX201"
    return "RX201"


def _is_attribute(names: Names, calls: list[ast.Call]) -> bool:
    targets = [getattr(names.parent(call), "targets", None) for call in calls]
    return any(target and isinstance(target[0], ast.Attribute) for target in targets)


def _last_name(expr: ast.expr) -> str:
    match expr:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below ``node``, without those of nested functions and classes."""
    stack = list(children(node))
    while stack:
        current = stack.pop()
        yield current
        if not isinstance(current, FunctionNode | ast.Lambda | ast.ClassDef):
            stack.extend(children(current))
