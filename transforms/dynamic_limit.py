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

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.rule import Primitive, Refused, Rule, Site
from transforms.syntax.drop_in import type_names
from transforms.syntax.foreign import PLAIN_BASES
from transforms.syntax.layout import statement
from transforms.syntax.pieces import one_line
from transforms.syntax.scopes import walk
from transforms.syntax.seen_elsewhere import uses_elsewhere
from transforms.syntax.semaphores import MEMBERS, named, rename, swap, why_not_swapped
from transforms.syntax.source import Source

_CODE = "RX104"
_VALUE = "_value"
_Made = tuple[Primitive, cst.Call]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Group:
    """The semaphores that one name stands for, and the places that set their permits."""

    name: str
    is_attribute: bool
    made: tuple[_Made, ...]
    written: tuple[tuple[Primitive, cst.Attribute], ...]

    @property
    def primitives(self) -> tuple[Primitive, ...]:
        return tuple(primitive for primitive, _ in (*self.made, *self.written))


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
    groups = tuple(_groups(source))
    known = {primitive for group in groups for primitive in group.primitives}
    for primitive, node in source.free_of_kind("semaphore-value"):
        if primitive not in known:
            reason = "limit-unclear" if _CODE in source.adapted else "adapted-only"
            yield Refused(primitive, reason, source.code(node))
    for group in groups:
        yield from (
            _adapted(source, group, groups) if _CODE in source.adapted else _exact(source, group)
        )


# --- who belongs together ------------------------------------------------------------------


def _groups(source: Source) -> Iterator[_Group]:
    """Names whose semaphore is replaced, or has its permits set."""
    made: dict[tuple[cst.CSTNode | None, tuple[str, bool]], list[_Made]] = {}
    for primitive, call in source.free_of_kind("semaphore"):
        target = _target(source, call) if isinstance(call, cst.Call) else None
        if target is not None and isinstance(call, cst.Call):
            key = _key(target)
            owner = source.enclosing(call, cst.ClassDef) if key[1] else None
            made.setdefault((owner, key), []).append((primitive, call))
    written: dict[tuple[str, bool], list[tuple[Primitive, cst.Attribute]]] = {}
    for primitive, node in source.free_of_kind("semaphore-value"):
        if isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name | cst.Attribute):
            written.setdefault(_key(node.value), []).append((primitive, node))
    for (_, (name, is_attribute)), calls in made.items():
        writes = written.get((name, is_attribute), [])
        if writes or (is_attribute and len(calls) > 1):
            yield _Group(
                name=name, is_attribute=is_attribute, made=tuple(calls), written=tuple(writes)
            )


def _target(source: Source, call: cst.Call) -> cst.Name | cst.Attribute | None:
    """``self._semaphore`` of ``self._semaphore = asyncio.Semaphore(n)``, a line of its own."""
    line = source.statement(call)
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return None
    match line.body[0]:
        case cst.Assign(targets=[cst.AssignTarget(target=target)], value=value):
            pass
        case cst.AnnAssign(target=target, value=value):
            pass
        case _:
            return None
    is_plain = isinstance(target, cst.Name | cst.Attribute) and value is call
    return target if is_plain and isinstance(target, cst.Name | cst.Attribute) else None


def _key(node: cst.Name | cst.Attribute) -> tuple[str, bool]:
    if isinstance(node, cst.Attribute):
        return node.attr.value, True
    return node.value, False


# --- exact ---------------------------------------------------------------------------------


def _exact(source: Source, group: _Group) -> Iterator[Site | Refused]:
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


def _said(source: Source, group: _Group) -> str:
    _, node = group.written[0]
    return f"line {source.span(node)[0]}: {source.code(node)}"


# --- adapted -------------------------------------------------------------------------------


def _adapted(source: Source, group: _Group, groups: Sequence[_Group]) -> Iterator[Site | Refused]:
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


def _limited(source: Source, group: _Group, groups: Sequence[_Group]) -> _Limited | tuple[str, str]:
    """The site, or why there is none: a reason and a detail."""
    first = _first(source, group)
    if first is None or _is_set_elsewhere(source, group):
        return "limit-unclear", group.name
    if (other := _other_use(source, group, groups)) is not None:
        reason = "limit-unclear" if _is_stored(source, other) else "value-read"
        return reason, f"line {source.span(other)[0]}: {source.code(other)}"
    setting = tuple(_assignment(source, node) for _, node in group.written)
    if any(each is None for each in setting):
        return "limit-unclear", _said(source, group)
    for primitive, call in group.made:
        refused = why_not_swapped(source, primitive, call, also=frozenset({_VALUE}))
        if refused is not None:
            return refused.reason, refused.detail
        if source.called(call) != "asyncio.Semaphore":
            return "bounded-release", source.code(call)
    types = tuple(node for drop_in in named(source) for node in type_names(source, drop_in))
    if types and not _is_all(source, group):
        return "annotations-shared", f"line {source.span(types[0])[0]}"
    subject = _subject(source, group)
    if subject is None:
        return "name-conflict", group.name
    return _site(source, group, first, subject, types)


def _site(
    source: Source,
    group: _Group,
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


def _first(source: Source, group: _Group) -> cst.CSTNode | None:
    """The statement that makes the semaphore first; None if it is not clear that it does."""
    if not group.is_attribute:
        ((_, call), *others) = group.made
        line = source.statement(call)
        is_in_class = isinstance(source.parent(source.parent(line) or call), cst.ClassDef)  # type: ignore[arg-type]
        return None if others or is_in_class else line
    firsts: list[cst.CSTNode] = []
    owners: set[cst.CSTNode | None] = set()
    for _, call in group.made:
        target, method = _target(source, call), source.function(call)
        if not isinstance(method, cst.FunctionDef) or not isinstance(target, cst.Attribute):
            return None
        if not isinstance(target.value, cst.Name) or target.value.value != "self":
            return None
        owners.add(source.enclosing(method, cst.ClassDef))
        line = source.statement(call)
        if method.name.value == "__init__" and line is not None:
            if source.parent(line) is not method.body:
                return None
            firsts.append(line)
    return firsts[0] if len(firsts) == 1 and len(owners) == 1 and None not in owners else None


def _is_set_elsewhere(source: Source, group: _Group) -> bool:
    """Whether something else takes the semaphore's place, here or in another file."""
    ours = {_target(source, call) for _, call in group.made}
    for node in walk(source.module):
        if isinstance(node, cst.Attribute | cst.Name) and node not in ours:
            is_it = _key(node) == (group.name, group.is_attribute)
            if is_it and _is_stored(source, node):
                return True
        if isinstance(node, cst.NameItem) and node.name.value == group.name:
            return True
    uses = uses_elsewhere(source, group.name)
    return any(
        use.what == "stored" or (use.what == "member" and use.member not in MEMBERS)
        for use in uses or ()
    )


def _is_stored(source: Source, node: cst.CSTNode) -> bool:
    parent = source.parent(node)
    match parent:
        case cst.AssignTarget() | cst.Del() | cst.NameItem():
            return True
        case cst.AnnAssign() | cst.AugAssign() | cst.For() | cst.CompFor() | cst.NamedExpr():
            return parent.target is node
        case cst.Element() | cst.StarredElement():
            holder = source.parent(parent)
            return holder is not None and _is_stored(source, holder)
        case cst.AsName():
            return True
        case cst.Param():
            return parent.name is node
    return False


def _other_use(
    source: Source, group: _Group, groups: Sequence[_Group]
) -> cst.Attribute | cst.SimpleString | None:
    """A use of the group's ``_value``, as far as can be told, that is none of the assignments."""
    known = {node for each in groups for _, node in each.written}
    for node in walk(source.module):
        if isinstance(node, cst.Attribute) and node.attr.value == _VALUE and node not in known:
            holder = node.value
            is_other = isinstance(holder, cst.Attribute) and holder.attr.value != group.name
            if not is_other and not _is_self(holder):
                return node
        if isinstance(node, cst.SimpleString) and node.raw_value == _VALUE:
            return node
    return None


def _is_self(node: cst.BaseExpression) -> bool:
    """``self._value``: the object's own, not a semaphore's."""
    return isinstance(node, cst.Name) and node.value in {"self", "cls"}


def _assignment(source: Source, node: cst.Attribute) -> cst.Assign | cst.AugAssign | None:
    """``semaphore._value = n``, ``+= n`` or ``-= n``, a line of its own."""
    line = source.statement(node)
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return None
    match line.body[0]:
        case cst.Assign(targets=[cst.AssignTarget(target=target)]) as found if target is node:
            return found
        case cst.AugAssign(target=target, operator=cst.AddAssign() | cst.SubtractAssign()) as found:
            return found if target is node and _is_path(node.value) else None
    return None


def _is_path(node: cst.BaseExpression) -> bool:
    """Whether it may be written twice: ``self.pool.semaphore``."""
    return isinstance(node, cst.Name) or (isinstance(node, cst.Attribute) and _is_path(node.value))


def _is_all(source: Source, group: _Group) -> bool:
    made = [each for each in source.primitives if each.kind == "semaphore"]
    return len(made) == len(group.made)


def _subject(source: Source, group: _Group) -> str | None:
    """What to call the subject: ``_upload_limit`` for ``_upload_semaphore``."""
    short = re.sub(r"(?:semaphore|sema|sem)$", "limit", group.name)
    names = [] if short == group.name or _has_foreign_bases(source, group) else [short]
    for name in (*names, f"{group.name}_limit"):
        if not re.search(rf"\b{re.escape(name)}\b", source.text):
            return name
    return None


def _has_foreign_bases(source: Source, group: _Group) -> bool:
    """Whether a base class may have an attribute of any name."""
    if not group.is_attribute:
        return False
    owner = source.enclosing(group.made[0][1], cst.ClassDef)
    bases = owner.bases if owner is not None else ()
    return any(
        not isinstance(base.value, cst.Name) or base.value.value not in PLAIN_BASES
        for base in bases
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
        target = _target(self._source, call)
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
        target = _target(self._source, call)
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
            grouped = value if _is_path(small.value) or value.isdigit() else f"({value})"
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
