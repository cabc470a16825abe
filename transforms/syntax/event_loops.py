"""The event loop that ``loop.run_in_executor`` is called on: is it the running one?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from transforms.syntax.fan_out import assigned, is_plain, is_simple, shows_variables
from transforms.syntax.pieces import one_line
from transforms.syntax.removal import has_pragmas
from transforms.syntax.scopes import contains, occurrences, walk
from transforms.syntax.source import Source
from transforms.syntax.stability import only_binding
from transforms.syntax.taker import is_mapper

# In a coroutine, both give the loop that runs it.
_RUNNING = frozenset({"asyncio.get_event_loop", "asyncio.get_running_loop"})


@dataclass(frozen=True, slots=True)
class ExecutorLoop:
    """The loop of one ``run_in_executor``."""

    passed_on: str = ""
    """The code that gives the loop; empty for the running one."""
    line: cst.SimpleStatementLine | None = None
    """The line of the same function that gets the running loop."""
    trouble: str | None = None
    """The reason to refuse."""


def executor_loop(source: Source, call: cst.Call) -> ExecutorLoop:
    """What is known of the loop that ``call``, a ``run_in_executor``, is made on."""
    assert isinstance(call.func, cst.Attribute)
    loop = call.func.value
    if _is_running_loop(source, loop):
        return ExecutorLoop()
    if isinstance(loop, cst.Name) and (line := _line_of(source, loop)) is not None:
        return ExecutorLoop(line=line)
    if not _is_called_loop(loop) or _defines_its_own(source):
        return ExecutorLoop(trouble="loop-unknown")
    if not isinstance(loop, cst.Name) and contains(call, cst.Await):
        return ExecutorLoop(trouble="awaits-in-arguments")
    if not is_plain(loop) and not all(is_simple(arg.value) for arg in call.args):
        return ExecutorLoop(trouble="loop-unknown")
    return ExecutorLoop(passed_on=one_line(source, loop))


def loop_lines(
    source: Source, jobs: Mapping[cst.Call, cst.SimpleStatementLine]
) -> tuple[cst.SimpleStatementLine, ...]:
    """The lines that get a loop which nothing needs when these calls, made on it, are gone."""
    return tuple(
        line
        for line in dict.fromkeys(jobs.values())
        if _is_spare(source, line, {call for call, own in jobs.items() if own is line})
    )


def _is_running_loop(source: Source, node: cst.CSTNode | None) -> bool:
    return isinstance(node, cst.Call) and not node.args and source.called(node) in _RUNNING


def _line_of(source: Source, name: cst.Name) -> cst.SimpleStatementLine | None:
    """``loop = asyncio.get_running_loop()``, once, above, in the function that uses it."""
    binding = only_binding(source, name)
    if binding is None or source.function(binding.node) is not _function(source, name):
        return None
    line = source.statement(binding.node)
    if not isinstance(line, cst.SimpleStatementLine):
        return None
    is_above = source.span(line) < source.span(name)
    if not is_above or source.parent(line) not in set(source.ancestors(name)):
        return None
    return line if _is_running_loop(source, assigned(line, name.value)) else None


def _function(source: Source, node: cst.CSTNode) -> cst.CSTNode | None:
    """The function in whose task ``node`` is evaluated: a mapper's is that of its ``flat_map``."""
    found = source.function(node)
    while isinstance(found, cst.Lambda) and is_mapper(source, found):
        found = source.function(found)
    return found


def _is_called_loop(node: cst.BaseExpression) -> bool:
    """Whether the name says that it is one: ``loop``, ``self._loop``, ``bot.loop``."""
    if isinstance(node, cst.Call) and not node.args:
        node = node.func
    chain = node
    while isinstance(chain, cst.Attribute):
        chain = chain.value
    if not isinstance(chain, cst.Name):
        return False
    last = node.attr.value if isinstance(node, cst.Attribute) else chain.value
    return last.lower().endswith("loop")


def _defines_its_own(source: Source) -> bool:
    return any(
        isinstance(node, cst.FunctionDef) and node.name.value == "run_in_executor"
        for node in source.walk({"run_in_executor"}.isdisjoint)
    )


def _is_spare(source: Source, line: cst.SimpleStatementLine, calls: set[cst.Call]) -> bool:
    function = source.function(line)
    name = next(_targets(line), None)
    if not isinstance(function, cst.FunctionDef) or name is None or has_pragmas(line):
        return False
    if shows_variables(function):
        return False
    loads = [each.node for each in occurrences(function, name) if each.role == "load"]
    others = {each.role for each in occurrences(function, name)} - {"load", "store"}
    return not others and all(
        any(isinstance(call.func, cst.Attribute) and call.func.value is load for call in calls)
        for load in loads
    )


def _targets(line: cst.SimpleStatementLine) -> Iterator[str]:
    for node in walk(line):
        match node:
            case cst.AssignTarget(target=cst.Name(value=name)):
                yield name
            case cst.AnnAssign(target=cst.Name(value=name)):
                yield name
