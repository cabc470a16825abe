"""Gives a semaphore whose limit changes at run time a limit that can be changed.

Recognises:
    ``semaphore._value = n`` (also ``+=`` and ``-=``), and an attribute whose semaphore another
    method replaces: ``self._semaphore = asyncio.Semaphore(smaller)``.

Emits:
    For an attribute that is replaced, the drop-in: ``dynamic_semaphore(n)`` wherever a semaphore
    is made, replaced as before. What holds the old one keeps it, and so does what waits for it.
    Where it is asked for (``--adapted``), for both: ``self._limit = BehaviorSubject(n)`` and one
    ``dynamic_semaphore(self._limit)``; what was assigned later is ``self._limit.on_next(n)``.

Keeps:
    Result order: nothing is reordered; waiters are served first come, first served.
    First error, siblings, context: as before; the semaphore only opens and closes.
    Cancellation: a place that was given to a waiter who is cancelled goes to the next one.
    Timing: the drop-in is exact. With ``--adapted`` one behaviour changes: what is assigned is
        the limit. Work in progress ends normally and counts against it, new work waits until the
        count is below it, and a rise starts waiting work at once. Before, ``_value`` was the
        number of free places, woke nobody, and a new semaphore knew nothing of the old one's work.

Refuses:
    adapted-only: permits are set, and nobody has asked for the rewrite that changes a behaviour.
    value-read: ``_value`` is read: the number of free places, not the limit.
    limit-unclear: it cannot be told which semaphore it is, or what else takes its place.
    annotations-shared: the file names the type in annotations, and another semaphore stays.
    semaphore-escapes, private-member, type-matters, bounded-release, arguments-unclear: as for
        semaphore-gather (RX201).

Example:
    dynamic_limit/adapted_by_a_breaker
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.rule import Refused, Rule, Site
from transforms.syntax.changing_limits import (
    Group,
    assignment,
    groups_of,
    is_all,
    is_path,
    is_set_elsewhere,
    is_stored,
    made_first,
    other_use,
    subject_name,
    target_of,
)
from transforms.syntax.drop_in import type_names
from transforms.syntax.layout import statement
from transforms.syntax.pieces import one_line
from transforms.syntax.semaphores import named, rename, swap, why_not_swapped
from transforms.syntax.source import Source

_CODE = "RX104"
_VALUE = "_value"


@dataclass(frozen=True, kw_only=True, eq=False)
class _Limited(Site):
    """One semaphore with a subject for its limit."""

    subject: str
    first: cst.CSTNode
    """The statement that makes the semaphore; those that replace it and those that set permits."""
    replacing: tuple[cst.CSTNode, ...]
    setting: tuple[cst.CSTNode, ...]
    types: tuple[cst.BaseExpression, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Swapped(Site):
    """A semaphore that another one replaces, or that replaces one."""

    call: cst.Call


def find(source: Source) -> Iterator[Site | Refused]:
    groups = tuple(groups_of(source))
    known = {primitive for group in groups for primitive in group.primitives}
    for primitive, node in source.free_of_kind("semaphore-value"):
        if primitive not in known:
            reason = "limit-unclear" if _CODE in source.adapted else "adapted-only"
            yield Refused(primitive, reason, source.code(node))
    for group in groups:
        yield from (
            _adapted(source, group, groups) if _CODE in source.adapted else _exact(source, group)
        )


# --- exact ---------------------------------------------------------------------------------


def _exact(source: Source, group: Group) -> Iterator[Site | Refused]:
    if group.written:
        for primitive in group.primitives:
            yield Refused(primitive, "adapted-only", _said(source, group))
        return
    if any(True for drop_in in named(source) for _ in type_names(source, drop_in)):
        return  # all that the annotations speak of go together: that is for semaphore-gather
    for primitive, call in group.made:
        found = why_not_swapped(source, primitive, call)
        if found is not None:
            yield found
            continue
        yield _Swapped(
            primitives=(primitive,),
            rewrite="drop-in",
            operators=frozenset({"dynamic_semaphore"}),
            touched=(call,),
            call=call,
        )


def _said(source: Source, group: Group) -> str:
    _, node = group.written[0]
    return f"line {source.span(node)[0]}: {source.code(node)}"


# --- adapted -------------------------------------------------------------------------------


def _adapted(source: Source, group: Group, groups: Sequence[Group]) -> Iterator[Site | Refused]:
    found = _limited(source, group, groups)
    if isinstance(found, Site):
        yield found
        return
    reason, detail = found
    if not group.written:
        yield from _exact(source, group)
        return
    for primitive in group.primitives:
        yield Refused(primitive, reason, detail)


def _limited(source: Source, group: Group, groups: Sequence[Group]) -> _Limited | tuple[str, str]:
    """The site, or why there is none: a reason and a detail."""
    first = made_first(source, group)
    if first is None or is_set_elsewhere(source, group):
        return "limit-unclear", group.name
    if (other := other_use(source, group, groups)) is not None:
        reason = "limit-unclear" if is_stored(source, other) else "value-read"
        return reason, f"line {source.span(other)[0]}: {source.code(other)}"
    setting = tuple(assignment(source, node) for _, node in group.written)
    if any(each is None for each in setting):
        return "limit-unclear", _said(source, group)
    for primitive, call in group.made:
        refused = why_not_swapped(source, primitive, call, also=frozenset({_VALUE}))
        if refused is not None:
            return refused.reason, refused.detail
        if source.called(call) != "asyncio.Semaphore":
            return "bounded-release", source.code(call)
    types = tuple(node for drop_in in named(source) for node in type_names(source, drop_in))
    if types and not is_all(source, group):
        return "annotations-shared", f"line {source.span(types[0])[0]}"
    subject = subject_name(source, group)
    if subject is None:
        return "name-conflict", group.name
    return _site(source, group, first, subject, types)


def _site(
    source: Source,
    group: Group,
    first: cst.CSTNode,
    subject: str,
    types: tuple[cst.BaseExpression, ...],
) -> _Limited:
    lines = [source.statement(call) for _, call in group.made]
    setting = [source.statement(node) for _, node in group.written]
    replacing = tuple(each for each in lines if each is not None and each is not first)
    setters = tuple(each for each in setting if each is not None)
    initial = next(call for _, call in group.made if source.statement(call) is first)
    names = {"dynamic_semaphore", "DynamicSemaphore"} if types else {"dynamic_semaphore"}
    return _Limited(
        primitives=group.primitives,
        rewrite="pipeline",
        exact=False,
        operators=frozenset(names),
        imports=frozenset({"reactivex.subject.BehaviorSubject"}),
        parameters=(("limit", _limit(source, initial)), ("subject", subject)),
        touched=(first, *replacing, *setters, *types),
        consumed=tuple(arg for _, call in group.made for arg in call.args),
        subject=subject,
        first=first,
        replacing=replacing,
        setting=setters,
        types=types,
    )


def _limit(source: Source, call: cst.Call) -> str:
    return one_line(source, call.args[0].value) if call.args else "1"


# --- the edit ------------------------------------------------------------------------------


class _Transformer(cst.CSTTransformer):
    def __init__(self, source: Source, sites: Sequence[Site]) -> None:
        super().__init__()
        self._source = source
        limited = [site for site in sites if isinstance(site, _Limited)]
        self._first = {site.first: site for site in limited}
        self._replacing = {line: site for site in limited for line in site.replacing}
        self._setting = {line: site for site in limited for line in site.setting}
        self._types = {node for site in limited for node in site.types}
        self._calls = {site.call for site in sites if isinstance(site, _Swapped)}

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode]:
        if original_node in self._calls:
            assert isinstance(original_node, cst.Call)
            assert isinstance(updated_node, cst.Call)
            return swap(self._source, original_node, updated_node)
        if original_node in self._types:
            return rename(self._source, original_node, updated_node)
        if original_node in self._first:
            assert isinstance(updated_node, cst.SimpleStatementLine)
            return self._made(self._first[original_node], original_node, updated_node)
        if original_node in self._replacing:
            return self._replaced(self._replacing[original_node], original_node, updated_node)
        if original_node in self._setting:
            return self._set(self._setting[original_node], original_node, updated_node)
        return updated_node

    def _made(
        self, site: _Limited, original: cst.CSTNode, updated: cst.SimpleStatementLine
    ) -> cst.FlattenSentinel[cst.CSTNode]:
        call = self._call(original)
        target = target_of(self._source, call)
        assert target is not None
        subject = self._beside(target, site)
        made = self._line(f"{subject} = BehaviorSubject({_limit(self._source, call)})")
        small = updated.body[0]
        assert isinstance(small, cst.Assign | cst.AnnAssign)
        new = cst.Call(cst.Name("dynamic_semaphore"), [cst.Arg(self._expression(subject))])
        return cst.FlattenSentinel(
            [
                made.with_changes(leading_lines=updated.leading_lines),
                updated.with_changes(body=[small.with_changes(value=new)], leading_lines=[]),
            ]
        )

    def _replaced(self, site: _Limited, original: cst.CSTNode, updated: cst.CSTNode) -> cst.CSTNode:
        call = self._call(original)
        target = target_of(self._source, call)
        assert target is not None
        return self._told(site, target, _limit(self._source, call), updated)

    def _set(self, site: _Limited, original: cst.CSTNode, updated: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(original, cst.SimpleStatementLine)
        small = original.body[0]
        assert isinstance(small, cst.Assign | cst.AugAssign)
        node = small.targets[0].target if isinstance(small, cst.Assign) else small.target
        assert isinstance(node, cst.Attribute)
        holder = node.value
        assert isinstance(holder, cst.Name | cst.Attribute)
        value = one_line(self._source, small.value)
        if isinstance(small, cst.AugAssign):
            sign = "+" if isinstance(small.operator, cst.AddAssign) else "-"
            grouped = value if is_path(small.value) or value.isdigit() else f"({value})"
            value = f"{self._beside(holder, site)}.value {sign} {grouped}"
        return self._told(site, holder, value, updated)

    def _told(
        self,
        site: _Limited,
        holder: cst.Name | cst.Attribute,
        value: str,
        updated: cst.CSTNode,
    ) -> cst.CSTNode:
        line = self._line(f"{self._beside(holder, site)}.on_next({value})")
        return updated.with_changes(body=line.body)

    def _beside(self, holder: cst.Name | cst.Attribute, site: _Limited) -> str:
        """The subject, reached as the semaphore is: ``self._limit`` for ``self._semaphore``."""
        if isinstance(holder, cst.Name):
            return site.subject
        return f"{one_line(self._source, holder.value)}.{site.subject}"

    def _call(self, line: cst.CSTNode) -> cst.Call:
        assert isinstance(line, cst.SimpleStatementLine)
        small = line.body[0]
        assert isinstance(small, cst.Assign | cst.AnnAssign)
        assert isinstance(small.value, cst.Call)
        return small.value

    def _line(self, text: str) -> cst.SimpleStatementLine:
        line = statement(text, self._source.module)
        assert isinstance(line, cst.SimpleStatementLine)
        return line

    def _expression(self, text: str) -> cst.BaseExpression:
        return cst.parse_expression(text, config=self._source.module.config_for_parsing)


RULE = Rule(
    code=_CODE,
    name="dynamic-limit",
    tier=1,
    summary="a semaphore whose limit changes gets a limit that can be changed",
    kinds=frozenset({"semaphore", "semaphore-value"}),
    operators=frozenset({"DynamicSemaphore", "dynamic_semaphore"}),
    find=find,
    transformer=_Transformer,
    doc=__doc__,
)
