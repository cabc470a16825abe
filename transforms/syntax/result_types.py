"""Annotations for functions that are written anew, as far as the file says what they would be.

Only where the function around is annotated itself: there, a reader and a type checker expect them.
Unless annotations are not evaluated (``from __future__ import annotations``), what a new function
is annotated with is evaluated each time the function around runs, and must not fail then.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from transforms.syntax.pieces import one_line
from transforms.syntax.scopes import binds, bound_here, contains, loaded, occurrences, parameters
from transforms.syntax.source import Source
from transforms.syntax.stability import function_called

_PLAIN = frozenset(
    {"bool", "bytes", "dict", "float", "frozenset", "int", "list", "object", "set", "str", "tuple"}
)


@dataclass(frozen=True, eq=False)
class ResultTypes:
    """The types of awaited results in one function."""

    source: Source
    function: cst.FunctionDef

    @cached_property
    def returned(self) -> str | None:
        """What the function is annotated to return; None where nothing is to be annotated."""
        if self.function.returns is None or not _is_lazy(self.source.module):
            return None
        return one_line(self.source, self.function.returns.annotation)

    def of(self, statement: cst.CSTNode, call: cst.Call) -> str | None:
        """The type of ``name = await call(…)``."""
        if self.returned is None:
            return None
        match statement:
            case cst.SimpleStatementLine(body=[cst.AnnAssign(annotation=annotation)]):
                return one_line(self.source, annotation.annotation)
        if self.source.called(call) == "asyncio.gather":
            return self._of_gather(call)
        return self._of_call(call)

    def _of_call(self, call: cst.BaseExpression) -> str | None:
        if not isinstance(call, cst.Call):
            return None
        function = function_called(self.source, call.func)
        if function is None or function.asynchronous is None or function.returns is None:
            return None
        return one_line(self.source, function.returns.annotation)

    def _of_gather(self, call: cst.Call) -> str | None:
        match call.args:
            case [
                cst.Arg(
                    star="*",
                    value=cst.ListComp(elt=element) | cst.GeneratorExp(elt=element),
                )
            ]:
                each = self._of_call(element)
                return None if each is None else f"list[{each}]"
        return None


def _is_lazy(module: cst.Module) -> bool:
    for statement in module.body:
        match statement:
            case cst.SimpleStatementLine(
                body=[cst.ImportFrom(module=cst.Name(value="__future__"), names=names)]
            ) if not isinstance(names, cst.ImportStar):
                if any(each.name.value == "annotations" for each in names):
                    return True
    return False


def repeated(
    source: Source,
    function: cst.FunctionDef,
    annotation: cst.BaseExpression,
    *,
    local: bool = False,
) -> str | None:
    """The annotation as it may stand in ``function``; None where evaluating it there might fail.

    Args:
        annotation: one of the function's own, evaluated where the function is defined: there are
            the names of a class that the body does not see.
        local: it is that of a local variable, which is never evaluated, and may name what is
            imported for type checkers only.
    """
    text = one_line(source, annotation)
    if _is_lazy(source.module) or isinstance(annotation, cst.SimpleString):
        return text
    if contains(annotation, cst.Call, cst.NamedExpr, cst.Await, cst.Lambda):
        return None
    names = loaded(annotation)
    if local:
        is_plain = isinstance(annotation, cst.Name) and names <= _PLAIN
        return text if is_plain and not any(binds(source.module, name) for name in names) else None
    hidden = bound_here(function.body) | {each.name.value for each in parameters(function)}
    outer = source.enclosing(function, cst.ClassDef, cst.FunctionDef)
    if isinstance(outer, cst.ClassDef):
        hidden |= bound_here(outer.body)
    is_safe = not names & hidden and not any(_is_deleted(source, name) for name in names)
    return text if is_safe else None


def _is_deleted(source: Source, name: str) -> bool:
    return any(each.role == "delete" for each in occurrences(source.module, name))
