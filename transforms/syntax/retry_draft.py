"""A retry loop on its way to a pipeline: its functions, their variables, how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.syntax.bindings import Bindings
from transforms.syntax.checks import Check, Jumps, declared_in, fresh
from transforms.syntax.imports import variables as names_in
from transforms.syntax.loops import jumps
from transforms.syntax.retry_counting import Body
from transforms.syntax.retry_errors import must_signal
from transforms.syntax.retry_plan import (
    Plan,
    Waiting,
    breaks_last,
    looks_at_traceback,
    read_for_wait,
    update_names,
    waiting,
)
from transforms.syntax.retry_shape import RetryShape
from transforms.syntax.retry_variables import (
    Placement,
    Variables,
    is_guarded,
    may_swallow,
    read_elsewhere,
)
from transforms.syntax.scopes import (
    binds,
    bound_here,
    loaded,
    occurrences,
    walk,
)
from transforms.syntax.source import Source
from transforms.syntax.stability import is_bound_once, is_constant


@dataclass(frozen=True, kw_only=True, eq=False)
class Draft:
    """A plan that keeps everything."""

    source: Source
    shape: RetryShape
    plan: Plan
    wait: Waiting
    signals: bool
    """The attempt says by ``TryAgain`` which failures lead to another one."""
    error: str
    """What the error is called in ``backoff``, and in the handler if it has no name."""
    counts: str | None
    """The counter, if the attempt counts by itself: it is the function's variable then."""
    offset: int
    """What the counter has more than the number of the attempt, which counts from 0."""
    attempt_shares: frozenset[str]
    attempt_globals: frozenset[str]
    backoff_shares: frozenset[str]
    backoff_globals: frozenset[str]
    result: str | None
    """The one variable that lives on behind the loop; the attempt returns it."""
    has_value: bool
    """The attempt returns what the function returns."""
    leaves: bool
    """Success leaves the function, not just the loop."""
    placement: Placement
    dropped: Body
    """Statements that only counted."""

    @property
    def max_attempts(self) -> str | None:
        """The text of the number of attempts; None: no limit."""
        if self.plan.total is not None:
            text = self.plan.total.text
            assert text is not None
            known = self.plan.total.number
            return f"max(1, {text})" if self.plan.tries_once and known is None else text
        return self.shape.limit

    @property
    def is_endless(self) -> bool:
        return self.max_attempts is None

    @property
    def surely_tries(self) -> bool:
        """Whether at least one attempt is made, for all that can be seen."""
        return self.is_endless or self.plan.tries_once or _is_positive(self)


def _is_positive(draft: Draft) -> bool:
    total = draft.plan.total
    if total is None:
        return False
    known = total.number
    if known is None and len(total.terms) == 1:
        ((text, factor),) = total.terms
        value = _module_constant(draft.source, text)
        known = None if value is None else factor * value + total.constant
    return (known or 0) > 0


def _module_constant(source: Source, name: str) -> int | None:
    """The value of ``MAX_ATTEMPTS = 5``, if the module sets it once."""
    stores = [each for each in occurrences(source.module, name) if each.role != "load"]
    holder = source.statement(stores[0].node) if len(stores) == 1 and name.upper() == name else None
    match holder:
        case cst.SimpleStatementLine(
            body=[
                cst.Assign(targets=[_], value=cst.Integer() as value)
                | cst.AnnAssign(value=cst.Integer() as value)
            ]
        ) if source.parent(holder) is source.module:
            return value.evaluated_value
    return None


# --- drafting ------------------------------------------------------------------------------


def draft(source: Source, shape: RetryShape, plan: Plan) -> Draft | str:
    """The draft, or the reason why this plan would change something."""
    if plan.total is not None and plan.total.text is None:
        return "arguments-unclear"
    if plan.tries_once and binds(source.module, "max"):
        return "name-conflict"
    found = waiting(source, shape, plan.waiting)
    if isinstance(found, str):
        return found
    if any(looks_at_traceback(each) for each in found.body):
        return "handler-traceback"
    if reason := _jumps_away(source, shape, plan, found):
        return reason
    return _Drafting(source, shape, plan, found).result()


def _jumps_away(source: Source, shape: RetryShape, plan: Plan, found: Waiting) -> str | None:
    ways = {type(jump.node) for jump in jumps(found.body)}
    if cst.Return in ways:
        return "several-ends"
    if cst.Break in ways and (plan.plain or not breaks_last(source, shape, found.body)):
        return "several-ends"
    if any(isinstance(jump.node, cst.Continue) for jump in jumps(shape.succeeding)):
        return "continue-skips-wait"
    return None


@dataclass(frozen=True, eq=False)
class _Drafting:
    source: Source
    shape: RetryShape
    plan: Plan
    wait: Waiting

    def result(self) -> Draft | str:
        shape, plan = self.shape, self.plan
        prefix_ways = {type(jump.node) for jump in jumps(plan.prefix)}
        if prefix_ways & {cst.Continue, cst.Break}:
            return "several-ends"
        ways = [jump.node for jump in jumps((*shape.succeeding, *plan.prefix))]
        returns = [each for each in ways if isinstance(each, cst.Return)]
        breaks = [each for each in ways if isinstance(each, cst.Break)]
        if returns and breaks:
            return "several-ends"
        error = self._error_name()
        if error is None:
            return "name-conflict"
        return self._with_variables(error, returns, breaks)

    # names

    def _error_name(self) -> str | None:
        given = self.shape.handler.name
        if given is not None:
            return given.name.value if isinstance(given.name, cst.Name) else None
        return fresh(names_in(self.shape.function), "exc", "error")

    def _with_variables(
        self, error: str, returns: Sequence[cst.Return], breaks: Sequence[cst.CSTNode]
    ) -> Draft | str:
        shape = self.shape
        dropped = self._dropped()
        counts = self._counts(dropped)
        offset = self._offset(counts, dropped)
        attempt = self._attempt_nodes(dropped)
        given_names = {error} if shape.handler.name is not None else set()
        if shape.counter is not None and counts is None and (dropped or self._is_for):
            given_names.add(shape.counter.variable)
        moved_wait = self.wait.without(dropped)
        placement = self._placement(moved_wait, attempt)
        if placement is None:
            return "loop-variables"
        sorted_names = Variables(
            self.source, shape, self.plan.total, attempt, moved_wait, given_names, counts, placement
        ).sort()
        if isinstance(sorted_names, str):
            return sorted_names
        attempt_shares, backoff_shares, homeless = sorted_names
        result = None
        if homeless:
            result = self._result(homeless, attempt, breaks)
            if result is None:
                return "loop-variables"
        declared = declared_in(shape.function)
        outer = frozenset(name for name, word in declared.items() if word == "global")
        return Draft(
            source=self.source,
            shape=shape,
            plan=self.plan,
            wait=moved_wait,
            signals=must_signal(self.source, shape, self.plan.prefix),
            error=error,
            counts=counts,
            offset=offset,
            attempt_shares=attempt_shares - outer,
            attempt_globals=attempt_shares & outer,
            backoff_shares=backoff_shares - outer,
            backoff_globals=backoff_shares & outer,
            result=result,
            has_value=any(_has_value(each) for each in returns),
            leaves=bool(returns),
            placement=placement,
            dropped=dropped,
        )

    # counting

    @property
    def _is_for(self) -> bool:
        return isinstance(self.shape.node, cst.For)

    def _dropped(self) -> Body:
        """The statements that count by hand, if the number of the attempt says the same."""
        counter = self.shape.counter
        if counter is None or not counter.steps or counter.first is None:
            return ()
        if self.plan.total is None:
            return ()
        start, step = counter.steps
        if _has_comment(start) or _has_comment(step):
            return ()
        counting = {*walk(start), *walk(step)}
        around = counting | set(walk(self.shape.node))
        staying = {
            node for each in (*self.shape.succeeding, *self.plan.prefix) for node in walk(each)
        }
        reads = occurrences(self.shape.function, counter.variable)
        if any(each.node not in around or each.node in staying - counting for each in reads):
            return ()
        return counter.steps

    def _counts(self, dropped: Body) -> str | None:
        """The counter of a ``for`` that more than the wait has to know."""
        counter = self.shape.counter
        if counter is None or not self._is_for:
            return None
        nodes = (*self.shape.succeeding, *self.plan.prefix)
        inside = any(occurrences(each, counter.variable) for each in nodes)
        return counter.variable if inside or self._is_read_behind(counter.variable) else None

    def _offset(self, counts: str | None, dropped: Body) -> int:
        counter = self.shape.counter
        if counter is None or counts is not None or not (self._is_for or dropped):
            return 0
        return counter.first or 0

    def _is_read_behind(self, name: str) -> bool:
        return name in read_elsewhere(self.source, self.shape)

    # nodes

    def _attempt_nodes(self, dropped: Body) -> Body:
        """The attempt's statements, for their variables: the handler with its prefix only."""
        shape = self.shape
        prefix = [each for each in self.plan.prefix if each not in dropped]
        block = cst.IndentedBlock([*prefix, cst.SimpleStatementLine([cst.Raise()])])  # type: ignore[list-item]
        handlers = [
            each.with_changes(body=block) if each is shape.handler else each
            for each in shape.attempt.handlers
        ]
        attempt = shape.attempt.with_changes(handlers=handlers)
        before = tuple(each for each in shape.before if each not in dropped)
        return (*before, attempt, *shape.behind)

    # variables

    def _result(
        self, homeless: frozenset[str], attempt: Body, breaks: Sequence[cst.CSTNode]
    ) -> str | None:
        if len(homeless) != 1 or not breaks:
            return None
        (name,) = homeless
        found = Bindings(trusting=not may_swallow(attempt))
        found.block(attempt, frozenset())
        bound = [found.at.get(node) or frozenset() for node in breaks]
        if not all(name in each for each in bound):
            return None
        if name in found.exposed | found.captured | found.deleted:
            return None
        if name in frozenset().union(*(loaded(each) for each in self.plan.waiting)):
            return None
        function = self.shape.function
        inner = (
            each for each in walk(function.body) if isinstance(each, cst.FunctionDef | cst.Lambda)
        )
        if any(name in names_in(each) for each in inner):
            return None
        return name if not is_guarded(self.source, self.shape, name) else None

    def _placement(self, found: Waiting, attempt: Body) -> Placement | None:
        """Where to put what followed the wait; None if there is no place for it."""
        names = update_names(found.updates)
        if not names:
            return "before"
        inner = (
            each
            for each in walk(self.shape.function.body)
            if isinstance(each, cst.FunctionDef | cst.Lambda)
        )
        if any(names & names_in(each) for each in inner):
            return None
        is_seen = is_guarded(self.source, self.shape, *names)
        if not names & read_for_wait(self.shape, found.body):
            return None if is_seen else "before"
        if found.always_waits and self._can_be_late(names, found, attempt):
            return "next"
        return None if is_seen else "swap"

    def _can_be_late(self, names: frozenset[str], found: Waiting, attempt: Body) -> bool:
        if any(names & (loaded(each) | bound_here(each)) for each in attempt):
            return False
        if names & read_elsewhere(self.source, self.shape) or not self._start_anew(names):
            return False
        reads = frozenset().union(*(loaded(each) for each in found.updates))
        return all(self._is_fixed(name, found) for name in reads - names)

    def _start_anew(self, names: frozenset[str]) -> bool:
        """Whether the variables are set right above the loop, if that may begin again."""
        source, node = self.source, self.shape.node
        if not any(isinstance(each, cst.For | cst.While) for each in source.ancestors(node)):
            return True
        block = source.block(node)
        above = block[: block.index(node)]
        return all(any(_sets(line, name) for line in above) for name in names)

    def _is_fixed(self, name: str, found: Waiting) -> bool:
        node = next(
            each.node
            for line in found.updates
            for each in occurrences(line, name)
            if each.role == "load"
        )
        if name in ("min", "max", "int", "float", "abs", "round"):
            return True
        return is_bound_once(self.source, node)


def _sets(line: cst.CSTNode, name: str) -> bool:
    match line:
        case cst.SimpleStatementLine(
            body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=word))])]
            | [cst.AnnAssign(target=cst.Name(value=word), value=cst.BaseExpression())]
        ):
            return word == name
    return False


def _has_comment(node: cst.CSTNode) -> bool:
    return any(isinstance(each, cst.Comment) for each in walk(node))


def _has_value(node: cst.Return) -> bool:
    return node.value is not None and not (
        isinstance(node.value, cst.Name) and node.value.value == "None"
    )


# --- edits ---------------------------------------------------------------------------------


def leaving(on_break: str, module: cst.Module) -> Jumps:
    """Says by ``return`` what ``break`` said."""
    return Jumps(Check(head="", on_break=on_break), module)


def said_constant(source: Source, node: cst.CSTNode) -> str | None:
    """What a ``return`` returns, if that is a constant."""
    match node:
        case cst.SimpleStatementLine(body=[cst.Return(value=value)]):
            if value is None:
                return "None"
            return source.code(value) if is_constant(value) else None
    return None
