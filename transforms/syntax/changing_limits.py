"""Semaphores whose limit changes at run time: which belong together, and what sets them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.rule import Primitive
from transforms.syntax.foreign import PLAIN_BASES
from transforms.syntax.seen_elsewhere import uses_elsewhere
from transforms.syntax.semaphores import MEMBERS
from transforms.syntax.source import Source

_VALUE = "_value"
Made = tuple[Primitive, cst.Call]


@dataclass(frozen=True, kw_only=True, eq=False)
class Group:
    """The semaphores that one name stands for, and the places that set their permits."""

    name: str
    is_attribute: bool
    made: tuple[Made, ...]
    written: tuple[tuple[Primitive, cst.Attribute], ...]

    @property
    def primitives(self) -> tuple[Primitive, ...]:
        return tuple(primitive for primitive, _ in (*self.made, *self.written))


def groups_of(source: Source) -> Iterator[Group]:
    """Names whose semaphore is replaced, or has its permits set."""
    made: dict[tuple[cst.CSTNode | None, tuple[str, bool]], list[Made]] = {}
    for primitive, call in source.free_of_kind("semaphore"):
        target = target_of(source, call) if isinstance(call, cst.Call) else None
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
            yield Group(
                name=name, is_attribute=is_attribute, made=tuple(calls), written=tuple(writes)
            )


def target_of(source: Source, call: cst.Call) -> cst.Name | cst.Attribute | None:
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


def made_first(source: Source, group: Group) -> cst.CSTNode | None:
    """The statement that makes the semaphore first; None if it is not clear that it does."""
    if not group.is_attribute:
        ((_, call), *others) = group.made
        line = source.statement(call)
        is_in_class = isinstance(source.parent(source.parent(line) or call), cst.ClassDef)  # type: ignore[arg-type]
        return None if others or is_in_class else line
    firsts: list[cst.CSTNode] = []
    owners: set[cst.CSTNode | None] = set()
    for _, call in group.made:
        target, method = target_of(source, call), source.function(call)
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


def is_set_elsewhere(source: Source, group: Group) -> bool:
    """Whether something else takes the semaphore's place, here or in another file."""
    ours = {target_of(source, call) for _, call in group.made}
    for node in source.walk({group.name}.isdisjoint):
        if isinstance(node, cst.Attribute | cst.Name) and node not in ours:
            is_it = _key(node) == (group.name, group.is_attribute)
            if is_it and is_stored(source, node):
                return True
        if isinstance(node, cst.NameItem) and node.name.value == group.name:
            return True
    uses = uses_elsewhere(source, group.name)
    return any(
        use.what == "stored" or (use.what == "member" and use.member not in MEMBERS)
        for use in uses or ()
    )


def is_stored(source: Source, node: cst.CSTNode) -> bool:
    parent = source.parent(node)
    match parent:
        case cst.AssignTarget() | cst.Del() | cst.NameItem():
            return True
        case cst.AnnAssign() | cst.AugAssign() | cst.For() | cst.CompFor() | cst.NamedExpr():
            return parent.target is node
        case cst.Element() | cst.StarredElement():
            holder = source.parent(parent)
            return holder is not None and is_stored(source, holder)
        case cst.AsName():
            return True
        case cst.Param():
            return parent.name is node
    return False


def other_use(
    source: Source, group: Group, groups: Sequence[Group]
) -> cst.Attribute | cst.SimpleString | None:
    """A use of the group's ``_value``, as far as can be told, that is none of the assignments."""
    known = {node for each in groups for _, node in each.written}
    for node in source.walk({_VALUE}.isdisjoint):
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


def assignment(source: Source, node: cst.Attribute) -> cst.Assign | cst.AugAssign | None:
    """``semaphore._value = n``, ``+= n`` or ``-= n``, a line of its own."""
    line = source.statement(node)
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return None
    match line.body[0]:
        case cst.Assign(targets=[cst.AssignTarget(target=target)]) as found if target is node:
            return found
        case cst.AugAssign(target=target, operator=cst.AddAssign() | cst.SubtractAssign()) as found:
            return found if target is node and is_path(node.value) else None
    return None


def is_path(node: cst.BaseExpression) -> bool:
    """Whether it may be written twice: ``self.pool.semaphore``."""
    return isinstance(node, cst.Name) or (isinstance(node, cst.Attribute) and is_path(node.value))


def is_all(source: Source, group: Group) -> bool:
    made = [each for each in source.primitives if each.kind == "semaphore"]
    return len(made) == len(group.made)


def subject_name(source: Source, group: Group) -> str | None:
    """What to call the subject: ``_upload_limit`` for ``_upload_semaphore``."""
    short = re.sub(r"(?:semaphore|sema|sem)$", "limit", group.name)
    names = [] if short == group.name or _has_foreign_bases(source, group) else [short]
    for name in (*names, f"{group.name}_limit"):
        if not re.search(rf"\b{re.escape(name)}\b", source.text):
            return name
    return None


def _has_foreign_bases(source: Source, group: Group) -> bool:
    """Whether a base class may have an attribute of any name."""
    if not group.is_attribute:
        return False
    owner = source.enclosing(group.made[0][1], cst.ClassDef)
    bases = owner.bases if owner is not None else ()
    return any(
        not isinstance(base.value, cst.Name) or base.value.value not in PLAIN_BASES
        for base in bases
    )
