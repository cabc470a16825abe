"""The rounds of a waiting loop as calls of a function: its variables, and its text.

Round 0 is what a loop does up to its first wait. Each later round is what it does from behind
one wait up to the next: first the statements below the wait, then the condition, then those
above the wait. A variable that one round leaves to another, or to the code outside, has to be
the enclosing function's.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

import libcst as cst

from transforms.syntax.bindings import Bindings, bound_before
from transforms.syntax.layout import statement
from transforms.syntax.loops import WaitingLoop, split, statements
from transforms.syntax.scopes import bound_here, loaded, occurrences, parameters, walk
from transforms.syntax.stability import is_constant
from transforms.syntax.steps import without_gap

_Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement


# --- variables -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False)
class Variables:
    """What becomes of the variables that the rounds bind, and of those that they read."""

    bindings: Bindings
    nonlocals: frozenset[str]
    globals: frozenset[str]
    declared: frozenset[str]
    """Those that the function itself declares ``global`` or ``nonlocal``."""
    homeless: frozenset[str]
    """They outlive a round, and the enclosing function gives them no value before the loop."""
    unsure: frozenset[str]
    """The rounds read them, and the function may not have given them a value by then."""
    at_wait: frozenset[str]
    """What surely has a value when a round ends with the wait."""


def waits_first(loop: WaitingLoop) -> bool:
    """Whether nothing happens in front of the first wait."""
    return not loop.before and not loop.is_bounded


def variables(
    loop: WaitingLoop, inside: Sequence[cst.CSTNode] = (), outside: Sequence[cst.CSTNode] = ()
) -> Variables:
    """Sort the variables of the rounds.

    Args:
        inside: statements below the loop that its rounds take over.
        outside: nodes of the loop that will stand outside the function: the wait, most often.
    """
    bindings, at_wait = _round(loop, inside)
    function = loop.function
    declared = declared_in(function)
    given = bound_before(function, loop.node)
    read_elsewhere = _read_elsewhere(loop, inside, outside)
    kept = bindings.stored & (bindings.exposed | bindings.captured | read_elsewhere)
    kept -= declared.keys()
    homeless = kept - (given - bindings.deleted - _annotated(loop))
    own = bound_here(function) - {function.name.value}
    own |= {each.name.value for each in parameters(function)}
    read = frozenset().union(*(loaded(node) for node in (loop.node, *inside)))
    counted = {loop.rounds.variable} if loop.rounds is not None else set()
    return Variables(
        bindings=bindings,
        nonlocals=frozenset(kept - homeless)
        | {name for name in bindings.stored if declared.get(name) == "nonlocal"},
        globals=frozenset(name for name in bindings.stored if declared.get(name) == "global"),
        declared=frozenset(declared),
        homeless=frozenset(homeless),
        unsure=frozenset((read & own) - bindings.stored - given - declared.keys() - counted),
        at_wait=at_wait,
    )


def _round(loop: WaitingLoop, inside: Sequence[cst.CSTNode]) -> tuple[Bindings, frozenset[str]]:
    bindings = Bindings(trusting=False)
    start = frozenset({loop.rounds.variable}) if loop.rounds is not None else frozenset()
    bound = start
    if loop.after:
        behind = bindings.block(loop.after, bound)
        if behind is not None:
            bound = behind if waits_first(loop) else behind & start
    if loop.condition is not None:
        bound = bindings.expression(loop.condition, bound)
    bindings.block((*loop.otherwise, *inside), bound)
    return bindings, bindings.block(loop.before, bound) or frozenset()


def declared_in(function: cst.FunctionDef) -> dict[str, str]:
    """The names of the function's own ``global`` and ``nonlocal`` statements."""
    found: dict[str, str] = {}
    for node in walk(function.body, inner_functions=False):
        if isinstance(node, cst.Global | cst.Nonlocal):
            word = "global" if isinstance(node, cst.Global) else "nonlocal"
            found |= {item.name.value: word for item in node.names}
    return found


def _read_elsewhere(
    loop: WaitingLoop, inside: Sequence[cst.CSTNode], outside: Sequence[cst.CSTNode]
) -> set[str]:
    nodes = {node for each in (loop.node, *inside) for node in walk(each)}
    nodes -= {node for each in outside for node in walk(each)}
    return {
        each.name
        for each in occurrences(loop.function)
        if each.role in ("load", "delete") and each.node not in nodes
    }


def _annotated(loop: WaitingLoop) -> set[str]:
    """Variables with an annotation inside the loop: they cannot be declared ``nonlocal``."""
    targets = (node.target for node in walk(loop.node) if isinstance(node, cst.AnnAssign))
    return {target.value for target in targets if isinstance(target, cst.Name)}


# --- text ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Check:
    """A function that does one round. Statements are given as text."""

    head: str
    """``async def check(n: int) -> bool:``"""
    first: tuple[str, ...] = ()
    """``nonlocal`` and ``global``, and the number of the round where it is not the parameter."""
    later: str | None = None
    """The parameter to ask whether it is a later round; None: there is no need to."""
    out: str | None = None
    """What says that the loop has run out of rounds (``n >= 10``)."""
    on_end: str | None = None
    """What stands for falling out of the loop, unless ``ending`` does."""
    ending: tuple[cst.CSTNode, ...] = ()
    """Statements below the loop that the end of the loop leads to."""
    on_break: str = "break"
    on_return: str | None = None
    """None: ``return`` stays as it is."""
    last: str | None = None
    """What ends a round; None: the condition itself is returned, or the test of the last ``if``."""
    drops_test: bool = False
    """The last ``if``, a test and its consequence, is left out."""


def function_of(
    check: Check, loop: WaitingLoop, edited: cst.While | cst.For, module: cst.Module
) -> cst.FunctionDef:
    """The function that does one round of ``edited``, which is ``loop`` with inner edits."""
    before, after, wait = _parts(loop, edited)
    condition = edited.test if isinstance(edited, cst.While) and loop.condition else None
    tested = (before or after).pop() if check.drops_test else None
    said: Sequence[cst.BaseSmallStatement]
    if check.last is not None:
        said = _small(check.last, module)
    else:
        said = [cst.Return(negated(_test(tested)) if tested else as_bool(_known(condition)))]
    jumps = Jumps(check, module)
    moved = [jumps.of(each) for each in after]
    last = wait.with_changes(body=said)
    if tested is not None or not loop.before:
        gap = [] if tested is None else [line for line in _lines(tested) if line.comment is None]
        last = cst.SimpleStatementLine(said, leading_lines=gap)
    if not loop.before and moved:
        # What is said about the wait stays in front of what came behind it.
        lines_above = [*_comments(wait), *_lines(moved[0])]
        moved[0] = moved[0].with_changes(leading_lines=lines_above)
    elif not loop.before:
        last = last.with_changes(leading_lines=_comments(wait))
    lines: list[cst.CSTNode] = [statement(text, module) for text in check.first]
    lines += [_guarded(check.later, moved, _indent(edited))] if check.later and moved else moved
    if check.out is not None:
        out = cst.parse_expression(check.out, config=module.config_for_parsing)
        lines.append(_exit(check, out, jumps, edited, module))
    elif condition is not None and check.last is not None:
        lines.append(_exit(check, _denied(condition), jumps, edited, module))
    lines += [jumps.of(each) for each in before]
    return _definition(check, edited, [*lines, last], module)


def _parts(
    loop: WaitingLoop, edited: cst.While | cst.For
) -> tuple[list[cst.CSTNode], list[cst.CSTNode], cst.SimpleStatementLine]:
    if isinstance(loop.wait, cst.Expr):
        return [], [], cst.SimpleStatementLine([loop.wait])
    before, after = split(loop, statements(edited.body))
    return before, after, loop.wait


def _known(condition: cst.BaseExpression | None) -> cst.BaseExpression:
    assert condition is not None
    return condition


def _test(node: cst.CSTNode) -> cst.BaseExpression:
    assert isinstance(node, cst.If)
    return node.test


def _indent(edited: cst.While | cst.For) -> str | None:
    """The step of indentation of the loop's block, where it is not the file's."""
    return edited.body.indent if isinstance(edited.body, cst.IndentedBlock) else None


def _guarded(test: str, body: Sequence[cst.CSTNode], indent: str | None) -> cst.If:
    block = [without_gap(body[0]), *body[1:]]
    return cst.If(cst.Name(test), cst.IndentedBlock(block, indent=indent))  # type: ignore[arg-type]


def _exit(
    check: Check,
    test: cst.BaseExpression,
    jumps: Jumps,
    edited: cst.While | cst.For,
    module: cst.Module,
) -> cst.If:
    """``if not condition: return False``, with the loop's ``else`` in front, if it has one."""
    body: list[cst.CSTNode] = []
    lines: Sequence[cst.EmptyLine] = ()
    header: cst.TrailingWhitespace = cst.TrailingWhitespace()
    if edited.orelse is not None:
        lines = edited.orelse.leading_lines
        if isinstance(edited.orelse.body, cst.IndentedBlock):
            header = edited.orelse.body.header
        body += [jumps.of(_as_line(each)) for each in statements(edited.orelse.body)]
    body += check.ending
    if check.on_end is not None:
        body.append(statement(check.on_end, module))
    first = without_gap(body[0])
    block = cst.IndentedBlock([first, *body[1:]], header=header, indent=_indent(edited))  # type: ignore[list-item]
    return cst.If(test, block, leading_lines=lines)


def _definition(
    check: Check, edited: cst.While | cst.For, lines: Sequence[cst.CSTNode], module: cst.Module
) -> cst.FunctionDef:
    function = statement(f"{check.head}\n{module.default_indent}pass\n", module)
    assert isinstance(function, cst.FunctionDef)
    body = [without_gap(lines[0]), *lines[1:]]
    if not isinstance(edited.body, cst.IndentedBlock):
        return function.with_changes(body=function.body.with_changes(body=body))
    footer = list(edited.body.footer)
    while footer and footer[-1].comment is None:
        del footer[-1]
    return function.with_changes(body=edited.body.with_changes(body=body, footer=footer))


def _as_line(node: cst.CSTNode) -> cst.CSTNode:
    return cst.SimpleStatementLine([node]) if isinstance(node, cst.BaseSmallStatement) else node


def _lines(node: cst.CSTNode) -> Sequence[cst.EmptyLine]:
    return getattr(node, "leading_lines", ())


def _comments(wait: cst.SimpleStatementLine) -> list[cst.EmptyLine]:
    above = [line for line in wait.leading_lines if line.comment is not None]
    behind = wait.trailing_whitespace.comment
    return above if behind is None else [*above, cst.EmptyLine(comment=behind)]


def _small(text: str, module: cst.Module) -> Sequence[cst.BaseSmallStatement]:
    line = statement(text, module)
    assert isinstance(line, cst.SimpleStatementLine)
    return line.body


class Jumps(cst.CSTTransformer):
    """Says by ``return`` what ``break`` and ``return`` said inside the loop."""

    def __init__(self, check: Check, module: cst.Module) -> None:
        super().__init__()
        self._check = check
        self._module = module
        self._loops = 0

    def of(self, node: cst.CSTNode) -> cst.CSTNode:
        changed = node.visit(self)
        assert isinstance(changed, cst.CSTNode)
        return changed

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        return False

    def visit_While_body(self, node: cst.While) -> None:
        self._loops += 1

    def leave_While_body(self, node: cst.While) -> None:
        self._loops -= 1

    def visit_For_body(self, node: cst.For) -> None:
        self._loops += 1

    def leave_For_body(self, node: cst.For) -> None:
        self._loops -= 1

    def leave_Break(
        self, original_node: cst.Break, updated_node: cst.Break
    ) -> cst.BaseSmallStatement:
        return updated_node if self._loops else self._said(self._check.on_break, updated_node)

    def leave_Return(
        self, original_node: cst.Return, updated_node: cst.Return
    ) -> cst.BaseSmallStatement:
        said = self._check.on_return
        return updated_node if said is None else self._said(said, updated_node)

    def leave_Continue(
        self, original_node: cst.Continue, updated_node: cst.Continue
    ) -> cst.BaseSmallStatement:
        said = self._check.last
        return updated_node if self._loops or said is None else self._said(said, updated_node)

    def _said(
        self, text: str, node: cst.Break | cst.Continue | cst.Return
    ) -> cst.BaseSmallStatement:
        (said,) = _small(text, self._module)
        return said.with_changes(semicolon=node.semicolon)


def as_bool(node: cst.BaseExpression) -> cst.BaseExpression:
    """``node``, or ``bool(node)`` where it may be an object whose truth changes later."""
    if _is_bool(node):
        return _enclosed(node)
    plain = node.with_changes(lpar=[], rpar=[]) if len(node.lpar) == 1 else node
    return cst.Call(cst.Name("bool"), [cst.Arg(plain)])


def _is_bool(node: cst.BaseExpression) -> bool:
    match node:
        case cst.UnaryOperation(operator=cst.Not()) | cst.Comparison():
            return True
        case cst.BooleanOperation(left=left, right=right):
            return _is_bool(left) and _is_bool(right)
        case cst.Call(func=cst.Name(value=name)):
            return name in {"all", "any", "bool", "isinstance", "callable", "hasattr"}
    return isinstance(node, cst.Name) and node.value in {"True", "False"}


def negated(node: cst.BaseExpression) -> cst.BaseExpression:
    """``not node``, without a ``not`` where its truth is the same; a bool in any case."""
    match node:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return as_bool(inner)
        case cst.Comparison(comparisons=[cst.ComparisonTarget(operator=operator) as target]):
            opposite = _OPPOSITES.get(type(operator))
            is_plain = _is_plain(node.left) or _is_plain(target.comparator)
            if opposite is not None and (is_plain or type(operator) not in _EQUALITIES):
                opposed = target.with_changes(operator=opposite())
                return node.with_changes(comparisons=[opposed])
    closed = node if _binds_tightly(node) or node.lpar else _parenthesized(node)
    return cst.UnaryOperation(cst.Not(), closed)


def _denied(node: cst.BaseExpression) -> cst.BaseExpression:
    """``not node`` as the test of an ``if``, which asks for no bool."""
    match node:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return inner
    return negated(node)


_EQUALITIES = frozenset({cst.Equal, cst.NotEqual})
_OPPOSITES: dict[type[cst.BaseCompOp], type[cst.BaseCompOp]] = {
    cst.Is: cst.IsNot,
    cst.IsNot: cst.Is,
    cst.In: cst.NotIn,
    cst.NotIn: cst.In,
    cst.Equal: cst.NotEqual,
    cst.NotEqual: cst.Equal,
}


def _is_plain(node: cst.BaseExpression) -> bool:
    """A literal, or a member of an enumeration: compared by ``==``, it is what ``!=`` denies.

    Objects may define the two at odds with each other; those that are compared with such
    values do not.
    """
    match node:
        case cst.Attribute(value=cst.Name(value=owner) | cst.Attribute(attr=cst.Name(value=owner))):
            return owner[:1].isupper() and not owner.isupper() and node.attr.value.isupper()
    return is_constant(node)


def _binds_tightly(node: cst.BaseExpression) -> bool:
    return not isinstance(node, cst.BooleanOperation | cst.IfExp | cst.NamedExpr | cst.Lambda)


def _enclosed(node: cst.BaseExpression) -> cst.BaseExpression:
    """A walrus needs parentheses where it is not a condition by itself."""
    if isinstance(node, cst.NamedExpr) and not node.lpar:
        return _parenthesized(node)
    return node


def _parenthesized(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def fresh(taken: Set[str], *names: str) -> str | None:
    """The first of ``names`` that is not taken."""
    return next((name for name in names if name not in taken), None)
