"""Loops over tenacity's retrying objects: what an attempt is, and what becomes of its variables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.syntax.bindings import Bindings, bound_before
from transforms.syntax.checks import declared_in
from transforms.syntax.fan_out import shows_variables
from transforms.syntax.flow import Flow
from transforms.syntax.loops import jumps, statements
from transforms.syntax.pieces import one_line
from transforms.syntax.raising import may_stop, raises_anew
from transforms.syntax.retry_policy import Policy, Trouble
from transforms.syntax.scopes import (
    bound_here,
    contains,
    is_local,
    loaded,
    occurrences,
    own_occurrences,
    parameters,
    walk,
)
from transforms.syntax.source import Source
from transforms.syntax.steps import awaits, returns

_Names = frozenset[str]
_Function = cst.FunctionDef | cst.Lambda


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """``async for attempt in AsyncRetrying(…): with attempt: …``."""

    loop: cst.For
    function: cst.FunctionDef
    manager: cst.With
    is_async: bool
    kept: cst.SimpleStatementLine | None
    """``retrying = AsyncRetrying(…)``, where that stands above the loop."""
    result: str | None
    """The variable that ``set_result`` is given after an attempt that raised nothing."""
    numbers: tuple[cst.Attribute, ...]
    """``attempt.retry_state.attempt_number`` inside of the attempt."""

    @property
    def body(self) -> tuple[cst.CSTNode, ...]:
        return statements(self.manager.body)


@dataclass(frozen=True, kw_only=True, eq=False)
class Ending:
    """How the values of an attempt get out of the function that makes it."""

    returns: bool
    """The attempt returns, and so does the function around it."""
    goes_on: bool = False
    """The attempt may also end without a ``return``, and the function goes on behind it."""
    values: tuple[str, ...] = ()
    """Variables that the attempt's function returns."""
    nonlocals: _Names = frozenset()
    globals: _Names = frozenset()


# --- shape ---------------------------------------------------------------------------------


def block_of(source: Source, call: cst.Call) -> Block | Trouble:
    """The loop over ``call``, if it is nothing but a loop of attempts."""
    kept, loop = None, source.parent(call)
    if isinstance(loop, cst.Assign):
        kept, loop = _kept(source, loop)
    if not isinstance(loop, cst.For) or (kept is None and loop.iter is not call):
        return Trouble("retrying-kept")
    is_async = loop.asynchronous is not None
    if (source.called(call) == "tenacity.AsyncRetrying") != is_async:
        return Trouble("retrying-kept")
    function = source.function(loop)
    if not isinstance(function, cst.FunctionDef) or _is_in_class(source, loop):
        return Trouble("retry-outside-function")
    first, *rest = statements(loop.body)
    if loop.orelse is not None or not isinstance(loop.target, cst.Name):
        return Trouble("shape-not-recognised")
    name = loop.target.value
    if not isinstance(first, cst.With) or not _enters(first, name):
        return Trouble("work-around-attempt", f"line {source.span(first)[0]}")
    result = _result_set(source, rest, name) if rest else None
    if rest and result is None:
        return Trouble("work-around-attempt", f"line {source.span(rest[0])[0]}")
    block = Block(
        loop=loop,
        function=function,
        manager=first,
        is_async=is_async,
        kept=kept,
        result=result,
        numbers=tuple(_numbers(source, first.body, name)),
    )
    return _trouble(source, block, name) or block


def _kept(
    source: Source, assigned: cst.Assign
) -> tuple[cst.SimpleStatementLine, cst.For] | tuple[None, None]:
    """The line that keeps the object, and the loop that is all that uses it."""
    line, function = source.parent(assigned), source.function(assigned)
    name = assigned.targets[0].target
    if not isinstance(line, cst.SimpleStatementLine) or not isinstance(function, cst.FunctionDef):
        return None, None
    if len(line.body) > 1 or len(assigned.targets) > 1 or not isinstance(name, cst.Name):
        return None, None
    uses = [each for each in occurrences(function, name.value) if each.node is not name]
    loop = source.parent(uses[0].node) if len(uses) == 1 else None
    if not isinstance(loop, cst.For) or loop.iter is not uses[0].node:
        return None, None
    is_near = source.parent(line) is source.parent(loop) and source.span(line) < source.span(loop)
    return (line, loop) if is_near else (None, None)


def _is_in_class(source: Source, loop: cst.For) -> bool:
    owner = source.enclosing(loop, cst.FunctionDef, cst.Lambda, cst.ClassDef)
    return isinstance(owner, cst.ClassDef)


def _enters(node: cst.With, name: str) -> bool:
    match node.items:
        case [cst.WithItem(item=cst.Name(value=value), asname=None)]:
            return value == name
    return False


def _trouble(source: Source, block: Block, name: str) -> Trouble | None:
    body = block.body
    if used := _other_use(source, block, name):
        return Trouble("attempt-used", used)
    if any(not isinstance(each.node, cst.Return) for each in jumps(body)):
        return Trouble("jump-in-attempt")
    is_generator = contains(block.function.body, cst.Yield, inner_functions=False)
    if is_generator and (returns(body) or any(_yields(each) for each in body)):
        return Trouble("yield-in-loop")
    if not block.is_async and awaits(body):
        return Trouble("shape-not-recognised", "Retrying around an await")
    if shows_variables(block.function) or raises_anew(body) or any(map(_is_bound_to_frame, body)):
        return Trouble("frame-dependent")
    if any(contains(each, cst.Global, cst.Nonlocal, inner_functions=False) for each in body):
        return Trouble("frame-dependent", "global, nonlocal")
    if any(may_stop(node) for each in body for node in walk(each)):
        return Trouble("frame-dependent", "StopIteration")
    return None


def _yields(node: cst.CSTNode) -> bool:
    return contains(node, cst.Yield, inner_functions=False)


def _is_bound_to_frame(node: cst.CSTNode) -> bool:
    """``super()`` without arguments, ``stacklevel=``."""
    for each in walk(node):
        match each:
            case cst.Call(func=cst.Name(value="super"), args=[]):
                return True
            case cst.Arg(keyword=cst.Name(value="stacklevel")):
                return True
    return False


def _other_use(source: Source, block: Block, name: str) -> str | None:
    """Where the attempt object is used besides; other loops may have one of the same name."""
    numbers = {each for number in block.numbers for each in walk(number)}
    known = {block.loop.target, block.manager.items[0].item} | numbers
    tail = {node for each in statements(block.loop.body)[1:] for node in walk(each)}
    for each in occurrences(block.function, name):
        if each.node in known or each.node in tail or each.node is block.function.name:
            continue
        if not _is_of_other_loop(source, block, each.node):
            return f"line {source.span(each.node)[0]}"
    return None


def _numbers(source: Source, body: cst.CSTNode, name: str) -> Iterator[cst.Attribute]:
    for each in walk(body):
        match each:
            case cst.Attribute(
                value=cst.Attribute(value=cst.Name(value=value), attr=cst.Name("retry_state")),
                attr=cst.Name("attempt_number"),
            ) if value == name and not isinstance(source.parent(each), cst.AssignTarget):
                yield each


def _is_of_other_loop(source: Source, block: Block, node: cst.Name) -> bool:
    loop = source.enclosing(node, cst.For)
    if loop is None or loop is block.loop or not isinstance(loop.target, cst.Name):
        return False
    return loop.target.value == node.value


# --- set_result ----------------------------------------------------------------------------


def _result_set(source: Source, rest: Sequence[cst.CSTNode], name: str) -> str | None:
    """``if not attempt.retry_state.outcome.failed: attempt.retry_state.set_result(value)``.

    With or without a variable for the outcome, and a test that there is one.
    """
    texts = [one_line(source, each).strip() for each in rest]
    outcome = f"{name}.retry_state.outcome"
    match rest:
        case [cst.SimpleStatementLine(body=[cst.Assign(targets=[target])]), cst.If() as test]:
            variable = target.target
            if not isinstance(variable, cst.Name) or not texts[0].startswith(
                f"{variable.value} = {outcome}"
            ):
                return None
            function = source.function(test)
            inside = {node for each in rest for node in walk(each)}
            if function is None or any(
                each.node not in inside for each in occurrences(function, variable.value)
            ):
                return None
            outcome = variable.value
        case [cst.If() as test]:
            pass
        case _:
            return None
    asked = one_line(source, test.test)
    succeeded = (f"not {outcome}.failed", f"{outcome}.exception() is None")
    there = (f"{outcome} is not None and ", f"{outcome} and ", "")
    if asked not in {first + second for first in there for second in succeeded}:
        return None
    return _set_in(test, f"{name}.retry_state.set_result", source)


def _set_in(test: cst.If, setter: str, source: Source) -> str | None:
    match statements(test.body):
        case [
            cst.SimpleStatementLine(
                body=[
                    cst.Expr(
                        value=cst.Call(
                            func=func, args=[cst.Arg(value=cst.Name(value=value), keyword=None)]
                        )
                    )
                ]
            )
        ] if one_line(source, func) == setter and test.orelse is None:
            return value
    return None


# --- variables -----------------------------------------------------------------------------


def ending_of(source: Source, block: Block, policy: Policy) -> Ending | Trouble:
    """What becomes of the variables that the attempt binds."""
    bindings = Bindings(trusting=False)
    end = bindings.block(block.body, frozenset())
    does_return = returns(block.body)
    goes_on = does_return and end is not None and not _is_last(source, block)
    if does_return and policy.asks_about_results:
        return Trouble("result-unseen")
    if does_return and policy.has_callback:
        return Trouble("option-untranslated", "retry_error_callback")
    declared = declared_in(block.function)
    given = bound_before(block.function, block.loop)
    if unsure := _unsure(block, bindings, given, declared.keys()):
        return Trouble("maybe-unbound", ", ".join(sorted(unsure)))
    read = _read_elsewhere(source, block)
    if homeless := bindings.deleted - bindings.stored - declared.keys():
        return Trouble("loop-variables", ", ".join(sorted(homeless)))
    carried = bindings.stored & (bindings.exposed | bindings.captured) - declared.keys()
    exported = (bindings.stored & read) - declared.keys()
    if does_return and not goes_on and exported and not _seen_on_failure(source, block, exported):
        # What stands behind is never reached after an attempt, but names what it named.
        if homeless := exported - _bound_outside(block):
            return Trouble("loop-variables", ", ".join(sorted(homeless)))
        exported = set()
    values = None if goes_on else _values(source, block, policy, exported, end)
    if values is None or not carried.isdisjoint(values):
        values, nonlocals = (), carried | exported
    else:
        nonlocals = carried | (exported - {*values})
    if block.result is not None and block.result not in values:
        if values or end is None or block.result not in end:
            return Trouble("loop-variables", block.result)
        values = (block.result,)
    homeless = nonlocals - (given - bindings.deleted - _annotated(block))
    if homeless:
        return Trouble("loop-variables", ", ".join(sorted(homeless)))
    stored = bindings.stored
    return Ending(
        returns=does_return,
        goes_on=goes_on,
        values=values,
        nonlocals=frozenset(nonlocals)
        | {name for name in stored if declared.get(name) == "nonlocal"},
        globals=frozenset(name for name in stored if declared.get(name) == "global"),
    )


def _values(
    source: Source, block: Block, policy: Policy, exported: set[str], end: _Names | None
) -> tuple[str, ...] | None:
    """The variables that can be given out as the attempt's value; None if they cannot."""
    if not exported:
        return ()
    if end is None or policy.has_callback or _seen_on_failure(source, block, exported):
        return None
    wanted = [block.result] if block.result is not None else None
    if policy.asks_about_results and wanted != sorted(exported):
        return None
    return tuple(sorted(exported)) if exported <= end else None


def _is_last(source: Source, block: Block) -> bool:
    """Whether the function returns None when the loop has ended, and nothing more happens."""
    child: cst.CSTNode = block.loop
    for ancestor in source.ancestors(block.loop):
        if ancestor is block.function:
            return True
        match ancestor:
            case cst.IndentedBlock(body=body):
                if body[-1] is not child:
                    return False
            case cst.For() | cst.While():
                return False
            case cst.Try(orelse=orelse) | cst.TryStar(orelse=orelse):
                if orelse is not None and child is ancestor.body:
                    return False
        child = ancestor
    return False


def _unsure(block: Block, bindings: Bindings, given: _Names, declared: object) -> set[str]:
    """Variables of the function that the attempt reads and that may have no value by then."""
    own = bound_here(block.function) - {block.function.name.value}
    own |= {each.name.value for each in parameters(block.function)}
    own -= {each.value for each in walk(block.loop.target) if isinstance(each, cst.Name)}
    read: set[str] = set().union(*(loaded(node) for node in block.body))
    return (read & own) - bindings.stored - given - set(declared)  # type: ignore[call-overload,no-any-return]


def _read_elsewhere(source: Source, block: Block) -> set[str]:
    """What other code of the function may read after an attempt."""
    inside = set(walk(block.loop.body))
    start = source.span(block.loop)
    repeats = source.enclosing(block.loop, cst.For, cst.While, cst.FunctionDef)
    found: set[str] = set()
    for each in occurrences(block.function):
        if each.role not in ("load", "delete") or each.node in inside:
            continue
        if _is_of_inner_function(source, block, each.node):
            continue
        is_earlier = source.span(each.node) < start and source.function(each.node) is block.function
        if not is_earlier or repeats is not block.function:
            found.add(each.name)
    return found


def _bound_outside(block: Block) -> set[str]:
    """The variables that stay the function's own when those of the attempts have gone."""
    inside = set(walk(block.loop))
    found = {each.name.value for each in parameters(block.function)}
    for name in bound_here(block.function):
        places = own_occurrences(block.function, name)
        if any(each.role != "load" and each.node not in inside for each in places):
            found.add(name)
    return found


def _annotated(block: Block) -> set[str]:
    targets = (
        node.target
        for each in block.body
        for node in walk(each, inner_functions=False)
        if isinstance(node, cst.AnnAssign)
    )
    return {target.value for target in targets if isinstance(target, cst.Name)}


def _seen_on_failure(source: Source, block: Block, names: set[str]) -> bool:
    """Whether anybody reads one of the variables when no attempt has succeeded."""
    child: cst.CSTNode = block.loop
    for ancestor in source.ancestors(block.loop):
        if ancestor is block.function:
            break
        if isinstance(ancestor, cst.Try | cst.TryStar) and child is ancestor.body:
            final = () if ancestor.finalbody is None else (ancestor.finalbody,)
            if any(loaded(part) & names for part in (*ancestor.handlers, *final)):
                return True
            if any(_goes_on(handler) for handler in ancestor.handlers):
                return True
        elif isinstance(ancestor, cst.With) and _is_read_outside(block, ancestor, names):
            return True
        elif isinstance(ancestor, cst.TryStar | cst.Try) and ancestor.finalbody is not None:
            is_read = loaded(ancestor.finalbody) & names
            if is_read:
                return True
        child = ancestor
    return _is_captured(source, block, names)


def _goes_on(handler: cst.ExceptHandler | cst.ExceptStarHandler) -> bool:
    """Whether the code behind the ``try`` may run after the handler."""
    if contains(handler.body, cst.Break, cst.Continue):
        return True
    return Flow().run(statements(handler.body)) is not None


def _is_read_outside(block: Block, manager: cst.With, names: set[str]) -> bool:
    """A context manager may swallow the error: what is read behind it could be seen."""
    inside = set(walk(manager))
    return any(
        each.role in ("load", "delete") and each.name in names and each.node not in inside
        for each in occurrences(block.function)
    )


def _is_captured(source: Source, block: Block, names: set[str]) -> bool:
    """Whether an inner function of the rest names one of the variables."""
    return any(
        each.name in names and source.function(each.node) is not block.function
        for each in occurrences(block.function)
        if each.node is not block.function.name and each.role != "parameter"
        if not _is_of_inner_function(source, block, each.node)
    )


def _is_of_inner_function(source: Source, block: Block, node: cst.Name) -> bool:
    """Whether the name is a variable of a function inside the block's function."""
    for ancestor in source.ancestors(node):
        if ancestor is block.function:
            return False
        if isinstance(ancestor, _Function) and is_local(ancestor, node.value):
            return True
    return False
