"""What the parts of a written retry have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.rule import Site
from transforms.syntax.checks import fresh
from transforms.syntax.imports import variables as names_in
from transforms.syntax.layout import statement
from transforms.syntax.retry_draft import Draft
from transforms.syntax.retry_ending import Ending
from transforms.syntax.scopes import parameters, walk
from transforms.syntax.source import Source
from transforms.syntax.steps import without_gap

Loop = cst.While | cst.For
NO_LAMBDA = (cst.Await, cst.NamedExpr, cst.Yield, cst.Asynchronous)


@dataclass(frozen=True, kw_only=True)
class Words:
    """How an operator calls its arguments, and its functions are called."""

    operator: str
    errors: str
    """``conflict`` or ``retry_on``."""
    attempt: tuple[str, ...]
    """Names for the function that makes an attempt."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Retry(Site):
    """A retry loop, and the pipeline that takes its place."""

    draft: Draft
    words: Words
    ending: Ending
    record: str | None = None
    """The variable that the operator hands to the attempt, if it wants one."""
    nth: int = 0
    """How many retries stand above it in the function."""
    backoff_first: bool = False
    """The function that waits is written first, for the sake of its comments."""


@dataclass(frozen=True, eq=False)
class Writer:
    """A site, and the loop with the edits of other sites inside it."""

    site: Retry
    source: Source
    edited: Loop

    @property
    def draft(self) -> Draft:
        return self.site.draft

    def name(self, *names: str) -> str:
        """A name for a nested function, which no other one of the function has."""
        nth = self.site.nth
        wanted = [f"{name}_{nth + 1}" for name in names] if nth else list(names)
        return fresh(names_in(self.draft.shape.function), *wanted) or f"_{wanted[0]}"

    def is_first(self) -> bool:
        """Whether nothing of its block is left above the loop."""
        block = self.source.block(self.draft.shape.node)
        above = block[: block.index(self.draft.shape.node)]
        return all(each in self.draft.dropped for each in above)

    def function(self, head: str, body: Sequence[cst.CSTNode]) -> cst.FunctionDef:
        function = statement(
            f"{head}\n{self.source.module.default_indent}pass\n", self.source.module
        )
        assert isinstance(function, cst.FunctionDef)
        lines = [without_gap(body[0]), *body[1:]]
        block = self.edited.body
        if isinstance(block, cst.IndentedBlock):
            return function.with_changes(
                body=block.with_changes(body=lines, footer=[], header=cst.TrailingWhitespace())
            )
        return function.with_changes(body=function.body.with_changes(body=lines))

    def choice(self, test: str, body: Sequence[cst.CSTNode]) -> cst.If:
        own = self.edited.body.indent if isinstance(self.edited.body, cst.IndentedBlock) else None
        parsed = cst.parse_expression(test, config=self.source.module.config_for_parsing)
        lines = [without_gap(body[0]), *body[1:]]
        return cst.If(parsed, cst.IndentedBlock(lines, indent=own))  # type: ignore[arg-type]

    def declarations(self, shares: frozenset[str], outer: frozenset[str]) -> list[cst.CSTNode]:
        words = (("global", outer), ("nonlocal", shares))
        return [self.line(f"{word} {', '.join(sorted(names))}") for word, names in words if names]

    def line(self, text: str) -> cst.CSTNode:
        return statement(text, self.source.module)

    @property
    def indent(self) -> str:
        """One step of the loop's indentation."""
        own = self.edited.body.indent if isinstance(self.edited.body, cst.IndentedBlock) else None
        return own or self.source.module.default_indent

    @property
    def is_annotated(self) -> bool:
        """Whether the function around the loop says what its types are."""
        function = self.draft.shape.function
        return function.returns is not None or any(
            each.annotation is not None for each in parameters(function)
        )

    def has_primitives(self, node: cst.CSTNode) -> bool:
        inside = set(walk(node))
        return any(self.source.node_of(each) in inside for each in self.source.primitives)


def returned(node: cst.CSTNode) -> cst.BaseExpression | None:
    """What the statement returns."""
    match node:
        case cst.SimpleStatementLine(body=[cst.Return(value=cst.BaseExpression() as value)]):
            return value
    return None
