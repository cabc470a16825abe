"""A poll, written out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import libcst as cst

from transforms.syntax.checks import function_of
from transforms.syntax.layout import Call, Item, Pipe, Prefixed, awaited, render, statement
from transforms.syntax.loops import WaitingLoop, split, statements
from transforms.syntax.poll_draft import Poll
from transforms.syntax.scopes import walk
from transforms.syntax.source import Source

_Lines = Sequence[cst.EmptyLine]


def pipeline(
    source: Source, site: Poll, edited: cst.While | cst.For
) -> cst.FlattenSentinel[cst.BaseStatement]:
    """The statements that take the loop's place; ``edited`` is the loop with inner edits."""
    form, loop, module = site.form, site.loop, source.module
    found: list[cst.CSTNode] = [statement(text, module) for text in form.setting]
    if form.check is not None:
        function = function_of(form.check, loop, edited, module)
        is_first = source.block(loop.node)[0] is loop.node or _has_gap(edited.leading_lines)
        lead = [] if is_first and not found else [_blank()]
        found.append(function.with_changes(leading_lines=lead))
    awaiting = statement(_text(source, site), module)
    gap = [_blank()] if form.check is not None else []
    comments = [cst.EmptyLine(comment=each) for each in _homeless_comments(site)]
    found.append(awaiting.with_changes(leading_lines=[*gap, *comments]))
    if form.leaves:
        found += _leaving(loop, edited)
    if form.closing is not None:
        found.append(statement(form.closing, module))
    first = found[0]
    lines = _merged(edited.leading_lines, getattr(first, "leading_lines", ()))
    return cst.FlattenSentinel([first.with_changes(leading_lines=lines), *found[1:]])  # type: ignore[list-item]


def _text(source: Source, site: Poll) -> str:
    form = site.form
    keep = Call("ops.take_while", (form.keep, "inclusive=True"))
    asks: tuple[Item, ...] = () if form.asks is None else (form.asks,)
    item = awaited(Pipe(site.ticks, (Call(site.stage, asks), keep, "ops.last()")))
    return render(
        Prefixed(form.target, item) if form.target else item,
        margin=source.span(site.loop.node)[1],
        before=0,
        after=0,
        width=source.line_length,
        indent=_indent(source, site.loop.node),
    )


def _indent(source: Source, node: cst.While | cst.For) -> str:
    own = node.body.indent if isinstance(node.body, cst.IndentedBlock) else None
    return own or source.module.default_indent


def _leaving(loop: WaitingLoop, edited: cst.While | cst.For) -> list[cst.CSTNode]:
    """The body of the last ``if``, without the ``break`` at its end."""
    before, after = split(loop, statements(edited.body))
    node = (before or after)[-1]
    assert isinstance(node, cst.If)
    lines: list[cst.CSTNode] = []
    for each in statements(node.body):
        line = cst.SimpleStatementLine([each]) if isinstance(each, cst.BaseSmallStatement) else each
        lines.append(line)
    last = lines[-1]
    if isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Break):
        small = [*last.body[:-1]]
        del lines[-1]
        if small:
            small[-1] = small[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
            lines.append(last.with_changes(body=small))
    first = lines[0]
    gap = [line for line in getattr(first, "leading_lines", ()) if line.comment is not None]
    return [first.with_changes(leading_lines=gap), *lines[1:]]


# --- blank lines and comments --------------------------------------------------------------


def _blank() -> cst.EmptyLine:
    return cst.EmptyLine(indent=False)


def _has_gap(lines: _Lines) -> bool:
    return bool(lines) and lines[0].comment is None


def _merged(lines: _Lines, own: _Lines) -> list[cst.EmptyLine]:
    """The loop's lines above those of what follows; a blank line asked for comes first."""
    gap = [line for line in own if line.comment is None]
    return [*gap, *lines, *(line for line in own if line.comment is not None)]


def _homeless_comments(site: Poll) -> list[cst.Comment]:
    """Comments of lines that are gone, in their order."""
    form, loop = site.form, site.loop
    if form.check is not None and not form.check.drops_test:
        return []
    block = loop.node.body
    steps = [*loop.before, *loop.after]
    tested = steps[-1] if form.leaves or form.check is not None else None
    gone: list[cst.CSTNode] = []
    if form.check is None:
        gone += [block.header] if isinstance(block, cst.IndentedBlock) else [block]
    for each in statements(block):
        if each is tested:
            gone += _around(tested) if form.leaves else [tested]
        elif form.check is None or (each is loop.wait and loop.before):
            gone.append(each)
    if form.check is None and isinstance(block, cst.IndentedBlock):
        gone += block.footer
    return _comments(gone)


def _around(node: cst.CSTNode) -> list[cst.CSTNode]:
    """What an ``if`` says beside its body, and the line of the ``break`` that goes."""
    assert isinstance(node, cst.If)
    found: list[cst.CSTNode] = list(node.leading_lines)
    if isinstance(node.body, cst.IndentedBlock):
        found.append(node.body.header)
        last = node.body.body[-1]
        if isinstance(last, cst.SimpleStatementLine) and len(last.body) == 1:
            found += [last] if isinstance(last.body[0], cst.Break) else []
        found += node.body.footer
    return found


def _comments(nodes: Iterable[cst.CSTNode]) -> list[cst.Comment]:
    return [each for node in nodes for each in walk(node) if isinstance(each, cst.Comment)]
