"""A retry loop, written out as a pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.syntax.checks import fresh
from transforms.syntax.layout import Call, Item, Prefixed, awaited, render
from transforms.syntax.loops import statements
from transforms.syntax.pieces import one_line, pieces
from transforms.syntax.result_types import repeated
from transforms.syntax.retry_backoff import Backoff, gone_comments
from transforms.syntax.retry_draft import Draft, leaving
from transforms.syntax.retry_ending import has_comment
from transforms.syntax.retry_writer import NO_LAMBDA, Loop, Retry, Writer, returned
from transforms.syntax.scopes import contains, loaded, parameters
from transforms.syntax.source import Source

_Lines = Sequence[cst.EmptyLine]


def pipeline(site: Retry, source: Source, edited: Loop) -> cst.FlattenSentinel[cst.BaseStatement]:
    """The statements that take the loop's place; ``edited`` is the loop with inner edits."""
    return _Pipeline(Writer(site, source, edited)).statements()


@dataclass(frozen=True, eq=False)
class _Pipeline:
    writer: Writer

    @property
    def draft(self) -> Draft:
        return self.writer.draft

    @property
    def site(self) -> Retry:
        return self.writer.site

    @property
    def source(self) -> Source:
        return self.writer.source

    def statements(self) -> cst.FlattenSentinel[cst.BaseStatement]:
        draft = self.draft
        found: list[cst.CSTNode] = []
        if draft.counts is not None:
            assert draft.shape.counter is not None
            found.append(self.writer.line(f"{draft.counts} = {draft.shape.counter.start - 1}"))
        attempt, attempt_item = self._attempt()
        backoff, waits = Backoff(self.writer).written()
        both = (backoff, attempt) if self.site.backoff_first else (attempt, backoff)
        functions = [each for each in both if each is not None]
        is_first = self.writer.is_first() and not found
        for each in functions:
            lead = [] if is_first else [_blank()]
            found.append(each.with_changes(leading_lines=[*lead, *each.leading_lines]))
            is_first = False
        gap = [_blank()] if functions else []
        if backoff is None:
            gap += [cst.EmptyLine(comment=each) for each in gone_comments(draft)]
        found += self._awaiting(attempt_item, waits, gap)
        lines = _merged(self.writer.edited.leading_lines, getattr(found[0], "leading_lines", ()))
        first = found[0].with_changes(leading_lines=lines)
        return cst.FlattenSentinel([first, *found[1:]])  # type: ignore[list-item]

    # the attempt

    def _attempt(self) -> tuple[cst.FunctionDef | None, Item]:
        draft, words = self.draft, self.site.words
        body = self._attempt_body()
        given = self.site.record if words.operator == "upload_with_retry" else None
        alone = _only_call(body)
        if alone is not None and not self.writer.has_primitives(alone):
            blank = "" if words.errors == "conflict" else self._blank_name([alone])
            head = f"lambda {given or blank}".rstrip()
            return None, Prefixed(f"{head}: ", pieces(self.source, alone))
        name = self.writer.name(*words.attempt)
        parameter = "" if words.errors == "conflict" else self._record_parameter(given, body)
        returns = ""
        if self.writer.is_annotated:
            annotation = draft.shape.function.returns
            returns = " -> None"
            if draft.has_value:
                text = None if annotation is None else self._repeated(annotation)
                returns = f" -> {text}" if text else ""
            elif draft.result:
                returns = ""
        return self.writer.function(f"async def {name}({parameter}){returns}:", body), name

    def _blank_name(self, body: Sequence[cst.CSTNode]) -> str:
        read = frozenset().union(*(loaded(each) for each in body))
        return fresh(read, "_", "_record") or "_nothing"

    def _record_parameter(self, given: str | None, body: Sequence[cst.CSTNode]) -> str:
        if given is None:
            name = self._blank_name(body)
            return f"{name}: None" if self.writer.is_annotated else name
        for each in parameters(self.draft.shape.function):
            if each.name.value == given and each.annotation is not None:
                text = self._repeated(each.annotation)
                return f"{given}: {text}" if text else given
        return given

    def _repeated(self, annotation: cst.Annotation) -> str | None:
        return repeated(self.source, self.draft.shape.function, annotation.annotation)

    def _attempt_body(self) -> list[cst.CSTNode]:
        draft = self.draft
        shape = draft.shape
        jumps = leaving(f"return {draft.result}" if draft.result else "return", self.source.module)
        body = list(statements(self.writer.edited.body))
        at = next(
            n
            for n, each in enumerate(body)
            if isinstance(each, cst.Try) and shape.handler in each.handlers
        )
        attempt = body[at]
        assert isinstance(attempt, cst.Try)
        before = [each for each in body[:at] if each not in draft.dropped]
        behind = body[at + 1 :] if shape.behind else []
        found = [*before, *self._guarded(attempt), *behind]
        lead = self.writer.declarations(draft.attempt_shares, draft.attempt_globals)
        if draft.counts is not None:
            lead.append(self.writer.line(f"{draft.counts} += 1"))
        changed = [jumps.of(each) for each in found]
        return [*lead, *(changed if draft.has_value else _without_return(changed))]

    def _guarded(self, attempt: cst.Try) -> list[cst.CSTNode]:
        """The ``try`` with what stays of its handler; its body alone if nothing does.

        In front of others the handler stays: they may be ready for its error, too.
        """
        draft = self.draft
        prefix = [each for each in draft.plan.prefix if each not in draft.dropped]
        if not draft.signals and not prefix and len(attempt.handlers) == 1:
            body = [*statements(attempt.body)]
            body += [] if attempt.orelse is None else statements(attempt.orelse.body)
            lines = [_as_line(each) for each in body]
            first = lines[0]
            above = [*attempt.leading_lines, *getattr(first, "leading_lines", ())]
            return [first.with_changes(leading_lines=above), *lines[1:]]
        last = self.writer.line(f"raise TryAgain from {draft.error}" if draft.signals else "raise")
        handler = draft.shape.handler
        block = handler.body
        lines = [*prefix, last]
        if isinstance(block, cst.IndentedBlock):
            block = block.with_changes(body=lines, footer=[])
        else:
            block = cst.IndentedBlock(lines)  # type: ignore[arg-type]
        name = handler.name
        if draft.signals and name is None:
            name = cst.AsName(cst.Name(draft.error), whitespace_before_as=cst.SimpleWhitespace(" "))
        if not draft.signals and name is not None and not _is_named(prefix, draft.error):
            name = None
        changed = handler.with_changes(
            body=block, name=name, whitespace_after_except=cst.SimpleWhitespace(" ")
        )
        return [
            attempt.with_changes(
                handlers=[changed if each is handler else each for each in attempt.handlers]
            )
        ]

    # the pipeline

    def _awaiting(self, attempt: Item, waits: tuple[Item, ...], gap: _Lines) -> list[cst.CSTNode]:
        draft, end, words = self.draft, self.site.ending, self.site.words
        items: list[Item] = []
        if words.operator == "upload_with_retry":
            items.append(self.site.record or "None")
        items.append(attempt)
        limit = draft.max_attempts
        items.append(f"max_attempts={limit}")
        errors = "TryAgain" if draft.signals else one_line(self.source, _type(draft))
        items.append(f"{words.errors}={errors}")
        items += waits
        if end.exhausted is not None:
            items.append(f"exhausted={end.exhausted}")
        item = awaited(Call(words.operator, tuple(items)))
        indent = self.writer.indent
        text = render(
            Prefixed(end.target, item) if end.target else item,
            margin=self.source.span(draft.shape.node)[1] + (len(indent) if end.guard else 0),
            before=0,
            after=0,
            width=self.source.line_length,
            indent=indent,
        )
        lines: list[cst.CSTNode] = [self.writer.line(text), *map(self.writer.line, end.after)]
        if end.guard is not None:
            lines = [self.writer.choice(end.guard, lines)]
        lines[0] = lines[0].with_changes(leading_lines=gap)
        if end.otherwise is not None:
            assert self.writer.edited.orelse is not None
            body = [_as_line(each) for each in statements(self.writer.edited.orelse.body)]
            lines += [self.writer.choice(end.otherwise, body)] if end.otherwise else body
        return lines


def _without_return(body: list[cst.CSTNode]) -> list[cst.CSTNode]:
    """A function's body less the bare ``return`` at its end."""
    match body[-1]:
        case cst.SimpleStatementLine(body=[cst.Return(value=None)], leading_lines=[]) if len(
            body
        ) > 1 and not has_comment(body[-1]):
            return body[:-1]
        case cst.Try(orelse=cst.Else(body=cst.IndentedBlock(body=inner) as block) as orelse):
            kept = block.with_changes(body=_without_return(list(inner)))
            changed = body[-1].with_changes(orelse=orelse.with_changes(body=kept))
            return [*body[:-1], changed]
    return body


def _only_call(body: Sequence[cst.CSTNode]) -> cst.Call | None:
    """``call`` of a body that is ``return await call``."""
    if len(body) != 1 or has_comment(body[0]):
        return None
    value = returned(body[0])
    if isinstance(value, cst.Await) and isinstance(value.expression, cst.Call):
        call = value.expression
        return None if contains(call, *NO_LAMBDA) else call
    return None


def _is_named(body: Sequence[cst.CSTNode], name: str) -> bool:
    return any(name in loaded(each) for each in body)


def _type(draft: Draft) -> cst.BaseExpression:
    caught = draft.shape.handler.type
    assert caught is not None
    return caught


def _blank() -> cst.EmptyLine:
    return cst.EmptyLine(indent=False)


def _merged(lines: _Lines, own: _Lines) -> list[cst.EmptyLine]:
    """The loop's lines above those of what follows; a blank line asked for comes first."""
    gap = [line for line in own if line.comment is None]
    if lines and lines[0].comment is None:
        gap = []
    return [*gap, *lines, *(line for line in own if line.comment is not None)]


def _as_line(node: cst.CSTNode) -> cst.CSTNode:
    return cst.SimpleStatementLine([node]) if isinstance(node, cst.BaseSmallStatement) else node
