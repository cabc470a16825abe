"""A loop that an event ends, written out as a pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.syntax.gated_loops import Gated
from transforms.syntax.layout import Call, Item, Pipe, awaited, render, statement
from transforms.syntax.loops import statements
from transforms.syntax.pieces import one_line, pieces
from transforms.syntax.result_types import repeated
from transforms.syntax.scopes import contains, loaded, parameters, walk
from transforms.syntax.source import Source
from transforms.syntax.stability import function_called, only_binding

_Loop = cst.While | cst.For
_Lines = Sequence[cst.EmptyLine]
_ITEMS_OF = frozenset(
    {"AsyncIterable", "Collection", "Deque", "FrozenSet", "Generator", "Iterable", "Iterator"}
    | {"List", "Sequence", "Set", "deque", "frozenset", "list", "set"}
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Written:
    """What the text of a pipeline is made of."""

    loop: Gated
    step: Item
    """What ``concat_map`` is given: the name of the function, or a lambda."""
    defines: bool
    """Whether there is a function."""


def written(source: Source, loop: Gated) -> Written:
    """A body of one call becomes a lambda, any other a function."""
    step = _single_call(source, loop)
    return Written(loop=loop, step=loop.name if step is None else step, defines=step is None)


def pipeline(
    source: Source, plan: Written, edited: _Loop
) -> cst.FlattenSentinel[cst.BaseStatement]:
    """The statements that take the loop's place; ``edited`` is the loop with inner edits."""
    loop, module = plan.loop, source.module
    above, below = _homeless(plan, edited)
    awaiting = statement(_text(source, plan), module).with_changes(leading_lines=below)
    found: list[cst.CSTNode] = []
    gap: list[cst.EmptyLine] = []
    if plan.defines:
        is_first = source.block(loop.node)[0] is loop.node
        apart = is_first or (edited.leading_lines and edited.leading_lines[0].comment is None)
        gap = [] if apart else [cst.EmptyLine(indent=False)]
        found.append(_function(source, loop, edited))
        awaiting = awaiting.with_changes(leading_lines=[cst.EmptyLine(indent=False), *below])
    found += [awaiting, *_said(loop, edited)]
    own = () if plan.defines else below
    lines = [*gap, *edited.leading_lines, *above, *own]
    return cst.FlattenSentinel([found[0].with_changes(leading_lines=lines), *found[1:]])  # type: ignore[list-item]


def _text(source: Source, plan: Written) -> str:
    loop = plan.loop
    items: Item = "forever()"
    if isinstance(loop.node, cst.For):
        items = Call("pull_from", (pieces(source, loop.node.iter),))
    gate = Call("take_until", (one_line(source, loop.event),))
    going: tuple[Item, ...] = ("ops.take_while(lambda going: going)",) if loop.breaks else ()
    stages = (gate, Call("concat_map", (plan.step,)), *going, "ops.default_if_empty()")
    assert isinstance(loop.node.body, cst.IndentedBlock)
    return render(
        awaited(Pipe(items, stages)),
        margin=source.span(loop.node)[1],
        before=0,
        after=0,
        width=source.line_length,
        indent=loop.node.body.indent or source.module.default_indent,
    )


# --- a lambda ------------------------------------------------------------------------------


def _single_call(source: Source, loop: Gated) -> Item | None:
    """``lambda item: call(item)`` for a body that only awaits a call; None for any other."""
    (only,) = loop.body if len(loop.body) == 1 else (None,)
    match only:
        case cst.SimpleStatementLine(
            body=[cst.Expr(value=cst.Await(expression=cst.Call() as call))]
        ):
            pass
        case _:
            return None
    if loop.first or loop.breaks or contains(loop.node, cst.Comment, cst.NamedExpr, cst.Lambda):
        return None
    if any(contains(each, cst.Await) for each in call.children) or _holds_primitive(source, only):
        return None
    if "\n" in source.code(call):
        return None
    target = _target(loop.node)
    if isinstance(call.func, cst.Name) and len(call.args) == 1:
        (argument,) = call.args
        is_item = isinstance(argument.value, cst.Name) and argument.value.value == target
        binding = only_binding(source, call.func)
        is_plain = argument.keyword is None and not argument.star
        if is_item and is_plain and binding is not None and binding.role != "store":
            return one_line(source, call.func)
    parameter = target or ("_" if "_" not in loaded(call) else "number")
    return f"lambda {parameter}: {one_line(source, call)}"


def _holds_primitive(source: Source, node: cst.CSTNode) -> bool:
    inside = set(walk(node))
    return any(source.node_of(each) in inside for each in source.primitives)


def _target(node: _Loop) -> str:
    if isinstance(node, cst.For) and isinstance(node.target, cst.Name):
        return node.target.value
    return ""


# --- a function ----------------------------------------------------------------------------


def _function(source: Source, loop: Gated, edited: _Loop) -> cst.FunctionDef:
    module = source.module
    head = statement(f"{_head(source, loop)}\n{module.default_indent}pass\n", module)
    assert isinstance(head, cst.FunctionDef)
    assert isinstance(edited.body, cst.IndentedBlock)
    lines: list[cst.CSTNode] = [statement(text, module) for text in loop.first]
    rest = list(edited.body.body)
    if loop.gate is not None:
        rest = rest[1:]
    changed = [each.visit(_Jumps(loop.breaks)) for each in rest]
    first = changed[0]
    assert isinstance(first, cst.CSTNode)
    above = list(getattr(first, "leading_lines", ()))
    while above and above[0].comment is None:
        del above[0]
    lines += [first.with_changes(leading_lines=above), *changed[1:]]  # type: ignore[list-item]
    if loop.breaks and not _leaves(rest[-1]):
        lines.append(statement("return True", module))
    footer = list(edited.body.footer)
    while footer and footer[-1].comment is None:
        del footer[-1]
    header = cst.TrailingWhitespace()
    body = edited.body.with_changes(body=lines, footer=footer, header=header)
    return head.with_changes(body=body)


def _head(source: Source, loop: Gated) -> str:
    """``async def each_batch(batch: Batch) -> None:``, annotated as the function around it is."""
    function = loop.function
    is_annotated = function.returns is not None or any(
        each.annotation is not None for each in parameters(function)
    )
    if isinstance(loop.node, cst.For):
        parameter, kind = _target(loop.node), _type_of_items(source, function, loop.node.iter)
    else:
        parameter, kind = _unused(loop), "int"
    if is_annotated and kind is not None:
        result = "bool" if loop.breaks else "None"
        return f"async def {loop.name}({parameter}: {kind}) -> {result}:"
    return f"async def {loop.name}({parameter}):"


def _unused(loop: Gated) -> str:
    names = frozenset().union(*(loaded(each) for each in loop.body))
    return next(name for name in ("_", "_number", "_round") if name not in names)


def _type_of_items(
    source: Source, function: cst.FunctionDef, node: cst.BaseExpression
) -> str | None:
    """The annotation of the items, where the file says what they are."""
    annotation: cst.Annotation | None = None
    is_own = False
    match node:
        case cst.Call(func=cst.Name(value="range")):
            return "int"
        case cst.Call(func=func):
            found = function_called(source, func)
            annotation = found.returns if found is not None else None
        case cst.Name():
            binding = only_binding(source, node)
            holder = source.parent(binding.node) if binding is not None else None
            annotation = getattr(holder, "annotation", None)
            is_own = holder in parameters(function)
    match annotation:
        case cst.Annotation(annotation=cst.Subscript(value=whole, slice=[element, *_])):
            word = whole.attr if isinstance(whole, cst.Attribute) else whole
            is_known = isinstance(word, cst.Name) and word.value in _ITEMS_OF
            index = element.slice
            if is_known and isinstance(index, cst.Index):
                return repeated(source, function, index.value, local=not is_own)
    return None


def _leaves(node: cst.CSTNode) -> bool:
    last = statements(node)[-1:] if isinstance(node, cst.SimpleStatementLine) else ()
    return bool(last) and isinstance(last[0], cst.Break | cst.Continue | cst.Raise)


class _Jumps(cst.CSTTransformer):
    """What went on to the next round of the loop, or left it, leaves the function."""

    def __init__(self, says: bool) -> None:
        super().__init__()
        self._says = says
        self._inside = 0

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        return False

    def visit_While_body(self, node: cst.While) -> None:
        self._inside += 1

    def leave_While_body(self, node: cst.While) -> None:
        self._inside -= 1

    def visit_For_body(self, node: cst.For) -> None:
        self._inside += 1

    def leave_For_body(self, node: cst.For) -> None:
        self._inside -= 1

    def leave_Continue(
        self, original_node: cst.Continue, updated_node: cst.Continue
    ) -> cst.BaseSmallStatement:
        return updated_node if self._inside else self._said("True", updated_node)

    def leave_Break(
        self, original_node: cst.Break, updated_node: cst.Break
    ) -> cst.BaseSmallStatement:
        return updated_node if self._inside else self._said("False", updated_node)

    def _said(self, word: str, node: cst.Continue | cst.Break) -> cst.Return:
        return cst.Return(cst.Name(word) if self._says else None, semicolon=node.semicolon)


def _said(loop: Gated, edited: _Loop) -> list[cst.CSTNode]:
    """What the gate does before it leaves."""
    if loop.gate is None or not loop.says:
        return []
    gate = edited.body.body[0]
    assert isinstance(gate, cst.If)
    return list(gate.body.body[: loop.says])


# --- comments ------------------------------------------------------------------------------


def _homeless(plan: Written, edited: _Loop) -> tuple[list[cst.EmptyLine], list[cst.EmptyLine]]:
    """Comments of the lines that go, above the function or, if that has none, below it."""
    assert isinstance(edited.body, cst.IndentedBlock)
    gone: list[cst.CSTNode] = [edited.body.header]
    gate = plan.loop.gate
    if gate is not None and plan.loop.says:
        gone += [*gate.leading_lines, getattr(gate.body, "header", cst.TrailingWhitespace())]
        gone += [*gate.body.body[plan.loop.says :], *getattr(gate.body, "footer", ())]
    elif gate is not None:
        gone.append(gate)
    lines = [cst.EmptyLine(comment=each) for node in gone for each in _comments(node)]
    kept = (*plan.loop.body, *edited.body.footer)
    return (lines, []) if any(contains(each, cst.Comment) for each in kept) else ([], lines)


def _comments(node: cst.CSTNode) -> Iterator[cst.Comment]:
    """The comments of a statement, in the order of the source: those above it come first."""
    if isinstance(node, cst.Comment):
        yield node
    above = list(getattr(node, "leading_lines", ()))
    for child in (*above, *(each for each in node.children if each not in above)):
        yield from _comments(child)
