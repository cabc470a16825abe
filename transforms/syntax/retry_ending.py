"""How a retry ends: what is left to do when it succeeded, and when no attempt is left."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from transforms.syntax.checks import fresh
from transforms.syntax.imports import variables as names_in
from transforms.syntax.retry_draft import Draft, said_constant
from transforms.syntax.retry_shape import may_end
from transforms.syntax.scopes import loaded, walk


@dataclass(frozen=True, kw_only=True, eq=False)
class Ending:
    """What stands around the pipeline, and what it gives when no attempt is left."""

    target: str = ""
    """``return ``, ``result = `` or nothing."""
    exhausted: str | None = None
    guard: str | None = None
    """What must be true for there to be an attempt at all."""
    after: tuple[str, ...] = ()
    """Statements behind the pipeline."""
    otherwise: str | None = None
    """What must be true for the loop's ``else``; the empty text: nothing."""
    moved: tuple[cst.CSTNode, ...] = ()
    """Statements behind the loop that go."""


def ending(draft: Draft) -> Ending | str:
    """The ending, or the reason why the ways out cannot be told apart."""
    if draft.leaves:
        return _returning(draft)
    return _breaking(draft)


def _behind(draft: Draft) -> tuple[cst.CSTNode, ...]:
    block = draft.source.block(draft.shape.node)
    return block[block.index(draft.shape.node) + 1 :]


def _ends_function(draft: Draft) -> bool:
    is_own = draft.source.parent(draft.shape.node) is draft.shape.function.body
    return is_own and not _behind(draft) and not draft.shape.otherwise


def _returning(draft: Draft) -> Ending:
    behind, target = _behind(draft), "return " if draft.has_value else ""
    is_last = _ends_function(draft)
    after = () if draft.has_value or is_last else ("return",)
    constant = said_constant(draft.source, behind[0]) if behind else None
    if draft.shape.otherwise:
        constant = None
    if draft.plan.plain:
        gone = _dead(draft, behind) if draft.surely_tries else ()
        if is_last or (constant == "None" and not has_comment(behind[0])):
            gone = gone or behind[:1]
        if draft.surely_tries or is_last or constant == "None":
            closing = () if is_last or draft.has_value else _closing(draft, behind, gone)
            return Ending(target=target, after=closing, moved=gone)
        otherwise = "" if draft.shape.otherwise else None
        return Ending(target=target, after=after, guard=_guard(draft), otherwise=otherwise)
    if is_last:
        return Ending(target=target, exhausted="None")
    is_said = constant is not None and (draft.has_value or constant == "None")
    if is_said and not has_comment(behind[0]):
        return Ending(target=target or "return ", exhausted=constant, moved=behind[:1])
    name = _result_name(draft)
    said = f"return {name}" if draft.has_value else "return"
    return Ending(
        target=f"{name} = ",
        exhausted="PENDING",
        after=(f"if {name} is not PENDING:\n{draft.source.module.default_indent}{said}",),
        otherwise="" if draft.shape.otherwise else None,
    )


def _closing(
    draft: Draft, behind: tuple[cst.CSTNode, ...], gone: tuple[cst.CSTNode, ...]
) -> tuple[str, ...]:
    is_own = draft.source.parent(draft.shape.node) is draft.shape.function.body
    return () if is_own and len(gone) == len(behind) else ("return",)


def _dead(draft: Draft, behind: tuple[cst.CSTNode, ...]) -> tuple[cst.CSTNode, ...]:
    """The one statement behind the loop that nothing leads to any more."""
    if len(behind) == 1 and not has_comment(behind[0]) and not draft.shape.otherwise:
        match behind[0]:
            case cst.SimpleStatementLine(body=[cst.Return() | cst.Raise()]):
                return behind
    return ()


def _breaking(draft: Draft) -> Ending | str:
    target = f"{draft.result} = " if draft.result else ""
    has_else = bool(draft.shape.otherwise)
    if draft.plan.plain:
        if has_else and not draft.is_endless:
            return "several-ends"
        if draft.surely_tries or not draft.result:
            return Ending(target=target)
        return Ending(target=target, guard=_guard(draft))
    if not has_else:
        return "loop-variables" if draft.result else Ending(exhausted="None")
    if draft.result and not _leaves(draft.shape.otherwise, draft.result):
        return "loop-variables"
    name = draft.result or _result_name(draft)
    return Ending(target=f"{name} = ", exhausted="PENDING", otherwise=f"{name} is PENDING")


def _leaves(body: tuple[cst.CSTNode, ...], name: str) -> bool:
    return not may_end(body) and not any(name in loaded(each) for each in body)


def _guard(draft: Draft) -> str:
    total = draft.plan.total
    asked = total.is_positive if total is not None else None
    return asked or f"({draft.max_attempts}) > 0"


def _result_name(draft: Draft) -> str:
    taken = names_in(draft.shape.function)
    return fresh(taken, "result", "outcome", "value") or "_result"


def has_comment(node: cst.CSTNode) -> bool:
    return any(isinstance(each, cst.Comment) for each in walk(node))
