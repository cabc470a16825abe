"""Turns a loop over tenacity's attempts into a pipeline that is subscribed to again.

Recognises:
    ``async for attempt in AsyncRetrying(...): with attempt: ...`` and ``for attempt in
    Retrying(...)``, or over a variable that holds the object for this one loop; with or without
    ``attempt.retry_state.set_result(value)`` behind the attempt, ``raise TryAgain`` or
    ``attempt.retry_state.attempt_number`` inside of it.

Emits:
    ``policy = RetryPolicy(...)``, the attempt as a nested function, and ``await
    last_value_from(from_async(attempt).pipe(retry_when(policy)))``; without ``async``,
    ``retry_when(policy).run(attempt)``. An attempt that returns becomes ``return await ...``;
    one that may also end without a ``return`` says so by ``PENDING``. Variables that live on
    become its value, or are declared ``nonlocal``.

Keeps:
    Result order: there is one result, that of the attempt that the policy was content with.
    First error: what the policy does not repeat is raised as it is. With no attempt left, the
        last error itself with ``reraise``, else ``RetryError``: tenacity's own as long as it is
        installed, so that other files catch it as before.
    Siblings: none.
    Cancellation: it arrives inside the attempt or the wait, in the same task. It is repeated
        only where tenacity would, because the policy accepts more than an ``Exception``.
    Timing: waits and stops are tenacity's formulas, random ones drawn from the same stream.
        ``Retrying`` blocks its thread, as before.
    Context: attempts run in the task (or thread) and with the context variables that they ran
        with.

Refuses:
    arguments-unclear: an option is given by place, by ``**``, or twice.
    option-untranslated: an option (named in the report) that the operators do not have.
    option-unclear: a strategy, or a function called with the state, comes from elsewhere.
    state-member: such a function uses more of the state than there will be.
    names-shared: code that stays uses the same name of tenacity.
    import-guarded: tenacity is imported in an ``if`` or a ``try``.
    other-event-loop: the file imports anyio, curio, trio or twisted.
    retrying-kept: the retrying object is called, passed on or used for more than one loop.
    retry-outside-function: the loop stands at module or class level.
    work-around-attempt: a round does more than ``with attempt:``.
    attempt-used: the attempt object is used for more than that, and inside of it for its number.
    jump-in-attempt: a ``break`` or ``continue`` leaves the attempt.
    result-unseen: the attempt returns, and the policy would ask about results.
    yield-in-loop: the loop stands in a generator, and yields or returns.
    frame-dependent: the attempt looks at the function around it, or may raise StopIteration.
    loop-variables: a variable lives on outside the attempt and has no value before it.
    maybe-unbound: a variable that the attempt reads may have no value yet.
    try-again-elsewhere: ``raise TryAgain`` in a file without a retry, spelt unusually.

Example:
    retry_block/operation_until_done
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.retry_decorator import RULE as DECORATOR
from transforms.rule import Primitive, Refused, Rule, Site
from transforms.syntax.attempts import Block, Ending, block_of, ending_of
from transforms.syntax.checks import fresh
from transforms.syntax.imports import variables
from transforms.syntax.layout import Call, Item, Layout, Pipe, awaited, statement
from transforms.syntax.loops import statements
from transforms.syntax.other_loops import other_loop
from transforms.syntax.result_types import ResultTypes
from transforms.syntax.retry_policy import Policy, imports_of, is_guarded, translated
from transforms.syntax.source import Source
from transforms.syntax.steps import Writer, without_gap


@dataclass(frozen=True, kw_only=True)
class _Names:
    """What the emitted code calls things."""

    policy: str
    attempt: str
    found: str
    """What the attempt returned, or ``PENDING``."""
    number: str
    """Which attempt it is, where the attempt wants to know."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Attempts(Site):
    block: Block
    ending: Ending
    policy: Item
    edits: Mapping[cst.BaseExpression, Item]
    names: _Names


def find(source: Source) -> Iterator[Site | Refused]:
    left = dict(source.free_of_kind("try-again"))
    for primitive, node in source.free_of_kind("retry-block"):
        if isinstance(node, cst.Call):
            found = _recognise(source, primitive, node)
            if isinstance(found, Site):
                left = {
                    each: raised for each, raised in left.items() if each not in found.primitives
                }
            yield found
    for primitive, raised in left.items():
        yield _elsewhere(source, primitive, raised)


def _elsewhere(source: Source, primitive: Primitive, raised: cst.CSTNode) -> Site | Refused:
    """``raise TryAgain`` in a function that an attempt calls: the same class, taken from us.

    Only with all retries of the file: otherwise it would need tenacity and the operators.
    """
    retries = (each for each in source.primitives if each.kind.startswith("retry-"))
    name = raised.func if isinstance(raised, cst.Call) else raised
    imports = tuple(imports_of(source, "TryAgain"))
    is_plain = isinstance(name, cst.Name) and name.value == "TryAgain"
    if not is_plain or not imports or any(is_guarded(source, each) for each in imports):
        return Refused(primitive, "try-again-elsewhere")
    return Site(
        primitives=(primitive,),
        rewrite="drop-in",
        operators=frozenset({"TryAgain"}),
        replaced=frozenset({"TryAgain"}),
        touched=(raised,),
        needs=tuple(retries),
    )


def _recognise(source: Source, primitive: Primitive, call: cst.Call) -> Site | Refused:
    block = block_of(source, call)
    if not isinstance(block, Block):
        return Refused(primitive, block.reason, block.detail)
    if block.is_async and (other := other_loop(source)):
        return Refused(primitive, "other-event-loop", other)
    policy = translated(source, call, is_async=block.is_async, is_block=True)
    if not isinstance(policy, Policy):
        return Refused(primitive, policy.reason, policy.detail)
    ending = ending_of(source, block, policy)
    if not isinstance(ending, Ending):
        return Refused(primitive, ending.reason, ending.detail)
    names = _names(block)
    if names is None:
        return Refused(primitive, "name-conflict", "policy, attempt")
    return _site(source, primitive, call, block, policy, ending, names)


def _names(block: Block) -> _Names | None:
    assert isinstance(block.loop.target, cst.Name)
    loop_name = block.loop.target.value
    taken = variables(block.function) - {loop_name}
    wanted: dict[str, tuple[str, ...]] = {
        "policy": ("policy", "retry_policy"),
        # The loop's own name, if it says something.
        "attempt": ("attempt" if loop_name.startswith("_") else loop_name, "make_attempt"),
        "found": ("found", "returned"),
        "number": ("attempt_number", "attempts"),
    }
    if block.kept is not None:
        assert isinstance(block.loop.iter, cst.Name)
        wanted["policy"] = (block.loop.iter.value,)
        taken -= {block.loop.iter.value}
    names: dict[str, str] = {}
    for key in ("attempt", "policy", "found", "number"):
        name = fresh(taken, *wanted[key])
        if name is None:
            return None
        names[key] = name
        taken = taken | {name}
    return _Names(**names)


def _site(
    source: Source,
    primitive: Primitive,
    call: cst.Call,
    block: Block,
    policy: Policy,
    ending: Ending,
    names: _Names,
) -> _Attempts:
    inside = tuple(source.free_of_kind("try-again"))
    again = [each for each, node in inside if block.loop in set(source.ancestors(node))]
    pipeline = {"from_async", "last_value_from"} if block.is_async else set()
    edits: dict[cst.BaseExpression, Item] = {**policy.edits}
    edits |= dict.fromkeys(block.numbers, names.number)
    if block.kept is not None:
        edits[call] = policy.item
    return _Attempts(
        primitives=(primitive, *again),
        rewrite="pipeline" if block.is_async else "drop-in",
        operators=policy.operators
        | {"retry_when", *pipeline}
        | ({"PENDING"} if ending.goes_on else set()),
        replaced=policy.replaced,
        parameters=primitive.parameters,
        touched=(block.loop, *block.numbers, *edits),
        consumed=(call,),
        needs=tuple(sorted(policy.needs - {primitive})),
        block=block,
        ending=ending,
        policy=policy.item,
        edits=edits,
        names=names,
    )


# --- the edit ------------------------------------------------------------------------------


class _Transformer(cst.CSTTransformer):
    def __init__(self, source: Source, sites: Sequence[Site]) -> None:
        super().__init__()
        self._source = source
        chosen = [site for site in sites if isinstance(site, _Attempts)]
        self._sites = {site.block.loop: site for site in chosen}
        self._edits = {node: item for site in chosen for node, item in site.edits.items()}

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.FlattenSentinel[cst.BaseStatement]:
        if isinstance(original_node, cst.BaseExpression) and original_node in self._edits:
            return Layout(self._source).replace(original_node, self._edits[original_node])
        if isinstance(original_node, cst.For) and original_node in self._sites:
            assert isinstance(updated_node, cst.For)
            return _Writing(self._source, self._sites[original_node], updated_node).statements()
        return updated_node


@dataclass(frozen=True, eq=False)
class _Writing:
    """One site, and its loop with the edits of others inside."""

    source: Source
    site: _Attempts
    edited: cst.For

    def statements(self) -> cst.FlattenSentinel[cst.BaseStatement]:
        names = self.site.names
        margin = self.source.span(self.site.block.loop)[1]
        writer = Writer(self.source)
        made = writer.line(f"{names.policy} = ", self.site.policy, margin)
        last = writer.line(*self._last(), margin)
        below = self.edited.body.footer if isinstance(self.edited.body, cst.IndentedBlock) else ()
        counter = [statement(f"{names.number} = 0\n", self.source.module)]
        opening = [made, *counter] if self.site.block.numbers else [made]
        if self.site.block.kept is not None:
            del opening[0]
        function = self._function()
        opened: list[cst.BaseStatement] = [*opening, function]
        lines_above = self.edited.leading_lines
        if opened[0] is function:
            own = [line for line in function.leading_lines if line.comment is not None]
            lines_above = [_BLANK, *_commented(lines_above), *own]
        opened[0] = opened[0].with_changes(leading_lines=lines_above)
        lines: list[cst.BaseStatement] = [
            *opened,
            last.with_changes(leading_lines=[_BLANK, *_commented(below)]),
        ]
        if self.site.ending.goes_on:
            indent = self.source.module.default_indent
            text = f"if {names.found} is not PENDING:\n{indent}return {names.found}\n"
            lines.append(statement(text, self.source.module))
        return cst.FlattenSentinel(lines)

    def _last(self) -> tuple[str, Item]:
        names = self.site.names
        again = Call("retry_when", (names.policy,))
        pipeline = awaited(Pipe(Call("from_async", (names.attempt,)), (again,)))
        call: Item = (
            pipeline
            if self.site.block.is_async
            else Call(f"retry_when({names.policy}).run", (names.attempt,))
        )
        if self.site.ending.goes_on:
            return f"{names.found} = ", call
        if self.site.ending.returns:
            return "return ", call
        values = self.site.ending.values
        return (f"{', '.join(values)} = " if values else ""), call

    def _function(self) -> cst.FunctionDef:
        manager = statements(self.edited.body)[0]
        assert isinstance(manager, cst.With)
        word = "async def" if self.site.block.is_async else "def"
        head = f"{word} {self.site.names.attempt}(){self._returned()}:"
        indent = self.source.module.default_indent
        function = statement(f"{head}\n{indent}pass\n", self.source.module)
        assert isinstance(function, cst.FunctionDef)
        above = [*_commented([self._header()]), *_commented(manager.leading_lines)]
        return function.with_changes(body=self._body(manager), leading_lines=[_BLANK, *above])

    def _header(self) -> cst.EmptyLine:
        """The comment behind the loop's colon."""
        body = self.edited.body
        found = body.header.comment if isinstance(body, cst.IndentedBlock) else None
        return cst.EmptyLine(comment=found)

    def _body(self, manager: cst.With) -> cst.IndentedBlock:
        ending = self.site.ending
        number = self.site.names.number if self.site.block.numbers else ""
        words = (("nonlocal", ending.nonlocals | {number} - {""}), ("global", ending.globals))
        first = [f"{word} {', '.join(sorted(names))}" for word, names in words if names]
        first += [f"{number} += 1"] if number else []
        values = [f"return {', '.join(ending.values)}"] if ending.values else []
        inner = [
            each if isinstance(each, cst.BaseStatement) else cst.SimpleStatementLine([each])  # type: ignore[list-item]
            for each in statements(manager.body)
        ]
        inner[0] = without_gap(inner[0])
        if ending.goes_on:
            values = ["return PENDING"]
        if (said := self._said(inner[-1])) is not None:
            inner[-1], values = said, []
        lines = [
            *(statement(each, self.source.module) for each in first),
            *inner,
            *(statement(each, self.source.module) for each in values),
        ]
        if isinstance(manager.body, cst.IndentedBlock):
            return manager.body.with_changes(body=lines)
        return cst.IndentedBlock(lines)

    def _said(self, last: cst.BaseStatement) -> cst.BaseStatement | None:
        """``value = expression`` at the end of the attempt as its ``return expression``."""
        match last:
            case cst.SimpleStatementLine(
                body=[
                    cst.Assign(
                        targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value
                    ) as small
                ]
            ) if (name,) == self.site.ending.values and name not in self.site.ending.nonlocals:
                return last.with_changes(body=[cst.Return(value, semicolon=small.semicolon)])
        return None

    def _returned(self) -> str:
        """The annotation of what the function returns, where one is wanted and known."""
        block, ending = self.site.block, self.site.ending
        types = ResultTypes(self.source, block.function)
        if types.returned is None or ending.goes_on:
            return ""
        if ending.returns:
            return f" -> {types.returned}"
        if not ending.values:
            return " -> None"
        found = self._type_of_value(types) if len(ending.values) == 1 else None
        if found is None and _names_any(self.source):
            found = "Any"
        return "" if found is None else f" -> {found}"

    def _type_of_value(self, types: ResultTypes) -> str | None:
        for each in self.site.block.body:
            match each:
                case cst.SimpleStatementLine(
                    body=[
                        cst.Assign(
                            targets=[cst.AssignTarget(target=cst.Name(value=name))],
                            value=cst.Await(expression=cst.Call() as call),
                        )
                        | cst.AnnAssign(
                            target=cst.Name(value=name),
                            value=cst.Await(expression=cst.Call() as call),
                        )
                    ]
                ) if name in self.site.ending.values:
                    return types.of(each, call)
        return None


def _names_any(source: Source) -> bool:
    """Whether the file imports ``Any``: better than no annotation among annotated functions."""
    return any(
        isinstance(small, cst.ImportFrom)
        and isinstance(small.module, cst.Name)
        and small.module.value == "typing"
        and not isinstance(small.names, cst.ImportStar)
        and any(alias.evaluated_name == "Any" and not alias.asname for alias in small.names)
        for line in source.module.body
        if isinstance(line, cst.SimpleStatementLine)
        for small in line.body
    )


_BLANK = cst.EmptyLine(indent=False)


def _commented(lines: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    return [line for line in lines if line.comment is not None]


RULE = Rule(
    code="RX101",
    name="retry-block",
    tier=1,
    summary="a loop over tenacity's attempts becomes retry_when with a policy",
    kinds=frozenset({"retry-block", "try-again"}),
    operators=DECORATOR.operators | {"PENDING", "from_async", "last_value_from"},
    find=find,
    transformer=_Transformer,
    doc=__doc__,
)
