"""An awaited ``asyncio.gather`` over a collection: what is called, and for which items.

``awaited_gather`` reads the call; ``fan_out`` finds how its awaitables are made: by a
comprehension or generator behind the star, by ``map``, or by the statements right above it
that build a list (``tasks = [f(x) for x in xs]``, or a loop that appends).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import libcst as cst

from transforms.rule import Primitive, Refused
from transforms.syntax.scopes import binds, contains, is_local, occurrences, walk
from transforms.syntax.source import Source
from transforms.syntax.steady import is_settled_attribute

COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
_LOOPED = cst.ListComp | cst.SetComp | cst.GeneratorExp
_Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
_STARTERS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})


@dataclass(frozen=True, kw_only=True, eq=False)
class AwaitedGather:
    """``await asyncio.gather(*items, return_exceptions=exceptions)``."""

    expression: cst.Await
    call: cst.Call
    function: cst.FunctionDef
    statement: _Statement
    items: tuple[cst.Arg, ...]
    exceptions: cst.BaseExpression | None
    """What is passed as ``return_exceptions``, unless it is ``False``."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Clause:
    """``for target in iterable if conditions``."""

    target: cst.BaseExpression
    iterable: cst.BaseExpression
    conditions: tuple[cst.BaseExpression, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The variables of the target, in their order."""
        return tuple(each.value for each in walk(self.target) if isinstance(each, cst.Name))


@dataclass(frozen=True, kw_only=True, eq=False)
class FanOut:
    """``element`` awaited side by side for all items of ``clauses``.

    ``element`` is None for ``map(mapped, iterable)``, whose one clause has no target to speak of.
    """

    element: cst.BaseExpression | None
    clauses: tuple[Clause, ...]
    mapped: cst.BaseExpression | None = None
    spelled: cst.BaseExpression | None = None
    """The expression behind the star, where it makes the awaitables itself."""
    built_by: tuple[_Statement, ...] = field(default=())
    """The statements above that build the list; nothing else needs them."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for clause in self.clauses for name in clause.names)

    @property
    def conditional(self) -> bool:
        return any(clause.conditions for clause in self.clauses)


def awaited_gather(source: Source, primitive: Primitive, call: cst.Call) -> AwaitedGather | Refused:
    """Read the call, or say what is not as it has to be."""
    expression = source.parent(call)
    if not isinstance(expression, cst.Await):
        return Refused(primitive, "not-awaited")
    function = source.function(call)
    statement = source.statement(call)
    if not isinstance(function, cst.FunctionDef) or statement is None:
        return Refused(primitive, "not-in-function")
    items = tuple(arg for arg in call.args if arg.keyword is None and arg.star != "**")
    if not any(arg.star for arg in items):
        return Refused(primitive, "shape-not-recognised")
    unclear = next(_unclear(source, call), None)
    if unclear is not None:
        return Refused(primitive, "arguments-unclear", source.code(unclear))
    if _awaits(items):
        return Refused(primitive, "awaits-between-items")
    exceptions = next((arg.value for arg in call.args if arg.keyword is not None), None)
    if isinstance(exceptions, cst.Name) and exceptions.value == "False":
        exceptions = None
    return AwaitedGather(
        expression=expression,
        call=call,
        function=function,
        statement=statement,
        items=items,
        exceptions=exceptions,
    )


def _unclear(source: Source, call: cst.Call) -> Iterator[cst.BaseExpression]:
    """What of the arguments is not as plain as it has to be."""
    for arg in call.args:
        match arg:
            case cst.Arg(star="**"):
                yield arg.value
            case cst.Arg(keyword=cst.Name(value=name)):
                if name != "return_exceptions" or not _is_settled(source, arg.value):
                    yield arg.value
            case cst.Arg(value=cst.BinaryOperation(operator=cst.Multiply())):
                # ``*[task] * 2``: whoever is there twice is cancelled twice.
                yield arg.value


def _is_settled(source: Source, node: cst.BaseExpression) -> bool:
    """Whether it is the same before and after the calls: they may set an attribute."""
    if isinstance(node, cst.Attribute):
        return is_settled_attribute(source, node)
    return is_simple(node)


def fan_out(source: Source, gather: AwaitedGather) -> FanOut | None:
    """How the awaitables of the gather are made; None where that cannot be told."""
    if len(gather.items) != 1:
        return None
    (item,) = gather.items
    match item.value:
        case cst.ListComp() | cst.GeneratorExp() as loop:
            return _of_comprehension(loop, spelled=loop)
        case cst.Call() as call if _is_map(source, call):
            function, iterable = (arg.value for arg in call.args)
            clause = Clause(target=cst.Tuple(()), iterable=iterable)
            return FanOut(element=None, clauses=(clause,), mapped=function, spelled=call)
        case cst.Name() as name:
            return _built(source, gather, name)
    return None


def started(source: Source, element: cst.BaseExpression) -> cst.BaseExpression | None:
    """``f(x)`` for ``asyncio.create_task(f(x))`` and ``asyncio.ensure_future(f(x))``."""
    if not isinstance(element, cst.Call) or source.called(element) not in _STARTERS:
        return None
    if len(element.args) != 1 or element.args[0].keyword or element.args[0].star:
        return None
    return element.args[0].value


def is_plain(node: cst.BaseExpression) -> bool:
    """Whether evaluating ``node`` is a matter of looking names up, with no effect."""
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name | cst.Integer | cst.Float | cst.SimpleString)


def is_simple(node: cst.BaseExpression) -> bool:
    """Whether evaluating ``node`` cannot fail: a variable or a constant."""
    return is_plain(node) and not isinstance(node, cst.Attribute)


def shows_variables(function: cst.FunctionDef) -> bool:
    """Whether the function looks at its variables as such: ``locals()``, ``eval(…)``."""
    for node in walk(function):
        match node:
            case cst.Call(func=cst.Name(value="locals" | "vars" | "dir"), args=[]):
                return True
            case cst.Call(func=cst.Name(value="eval" | "exec")):
                return True
    return False


# --- what stands behind the star -----------------------------------------------------------


def _awaits(items: tuple[cst.Arg, ...]) -> bool:
    """Whether something is awaited while the awaitables are made."""
    for item in items:
        first: set[cst.CSTNode] = set()
        if isinstance(item.value, _LOOPED):
            first.add(item.value.for_in.iter)
        stack: list[cst.CSTNode] = [item.value]
        if isinstance(item.value, cst.Await) and len(items) == 1:
            stack = [item.value.expression]
        while stack:
            node = stack.pop()
            if isinstance(node, cst.Await | cst.Yield | cst.Asynchronous):
                return True
            # The first iterable is evaluated where the gather stands.
            stack.extend(child for child in node.children if child not in first)
    return False


def _of_comprehension(
    loop: cst.ListComp | cst.GeneratorExp,
    *,
    spelled: cst.BaseExpression | None = None,
    built_by: tuple[_Statement, ...] = (),
) -> FanOut:
    found: list[Clause] = []
    clause: cst.CompFor | None = loop.for_in
    while clause is not None:
        conditions = tuple(each.test for each in clause.ifs)
        found.append(Clause(target=clause.target, iterable=clause.iter, conditions=conditions))
        clause = clause.inner_for_in
    return FanOut(element=loop.elt, clauses=tuple(found), spelled=spelled, built_by=built_by)


def _is_map(source: Source, call: cst.Call) -> bool:
    return (
        isinstance(call.func, cst.Name)
        and call.func.value == "map"
        and not binds(source.module, "map")
        and len(call.args) == 2
        and not any(arg.star or arg.keyword for arg in call.args)
        and is_plain(call.args[0].value)
    )


# --- lists that are built right above ------------------------------------------------------


def _built(source: Source, gather: AwaitedGather, name: cst.Name) -> FanOut | None:
    """The statements above, if the list is there for this gather alone and comes next to it."""
    if not evaluated_first(source, gather) or shows_variables(gather.function):
        return None
    above = _above(source, gather.statement)
    if not above:
        return None
    uses = occurrences(gather.function, name.value)
    stores = [use for use in uses if use.role == "store"]
    if len(stores) != 1:
        return None
    made = source.statement(stores[0].node)
    value = assigned(made, name.value)
    if isinstance(value, cst.ListComp) and made is above[-1] and len(uses) == 2:
        if not _awaits((cst.Arg(value),)) and not _has_comments(made):
            return _of_comprehension(value, built_by=(made,))
    elif _is_empty_list(value) and made in above and len(uses) == 3:
        return _appended(source, gather, name.value, made, above[-1])
    return None


def _above(source: Source, statement: _Statement) -> tuple[_Statement, ...]:
    found: list[_Statement] = []
    for each in source.block(statement):
        if each is statement:
            return tuple(found)
        assert isinstance(each, cst.SimpleStatementLine | cst.BaseCompoundStatement)
        found.append(each)
    return ()


def assigned(statement: cst.CSTNode | None, name: str) -> cst.BaseExpression | None:
    """The value, if the statement is ``name = value``, annotated or not, and nothing else."""
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return None
    match statement.body[0]:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=found))], value=value):
            return value if found == name else None
        case cst.AnnAssign(target=cst.Name(value=found), value=value):
            return value if found == name else None
    return None


def _is_empty_list(value: cst.BaseExpression | None) -> bool:
    match value:
        case cst.List(elements=[]) | cst.Call(func=cst.Name(value="list"), args=[]):
            return True
    return False


def _appended(
    source: Source,
    gather: AwaitedGather,
    name: str,
    made: _Statement,
    loop: _Statement,
) -> FanOut | None:
    """``tasks = []`` somewhere above, ``for x in xs: tasks.append(f(x))`` right above."""
    if not isinstance(loop, cst.For) or _has_comments(made) or _has_comments(loop):
        return None
    if contains(loop, cst.Await, cst.Yield, cst.NamedExpr):
        return None
    clauses: list[Clause] = []
    element = _loop_body(loop, name, clauses)
    if element is None or name in {use.name for use in occurrences(element)}:
        return None
    names = {each for clause in clauses for each in clause.names}
    if any(_outlives(source, gather.function, loop, each) for each in names):
        return None
    return FanOut(element=element, clauses=tuple(clauses), built_by=(made, loop))


def _loop_body(
    statement: cst.CSTNode, name: str, clauses: list[Clause]
) -> cst.BaseExpression | None:
    """What is appended; the loops and conditions on the way go to ``clauses``."""
    match statement:
        case cst.For(asynchronous=None, orelse=None, target=target, iter=iterable):
            if not _is_variables(target):
                return None
            clauses.append(Clause(target=target, iterable=iterable))
        case cst.If(orelse=None, test=test):
            last = clauses.pop()
            conditions = (*last.conditions, test)
            clauses.append(
                Clause(target=last.target, iterable=last.iterable, conditions=conditions)
            )
        case cst.SimpleStatementLine(
            body=[
                cst.Expr(
                    value=cst.Call(
                        func=cst.Attribute(
                            value=cst.Name(value=found), attr=cst.Name(value="append")
                        ),
                        args=[cst.Arg(keyword=None, star="", value=value)],
                    )
                )
            ]
        ):
            return value if found == name else None
        case _:
            return None
    body = statement.body.body
    return _loop_body(body[0], name, clauses) if len(body) == 1 else None


def _is_variables(target: cst.BaseExpression) -> bool:
    match target:
        case cst.Name():
            return True
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            return all(
                isinstance(each, cst.Element) and _is_variables(each.value) for each in elements
            )
    return False


def _outlives(source: Source, function: cst.FunctionDef, loop: cst.For, name: str) -> bool:
    """Whether the loop's variable may be read after the loop, or belongs to another scope."""
    inside = set(walk(loop))
    return any(
        use.node not in inside and not _is_bound_around(source, use.node, function)
        for use in occurrences(function, name)
    )


def _is_bound_around(source: Source, name: cst.Name, function: cst.FunctionDef) -> bool:
    """Whether a loop, a comprehension or a function around it binds the name for itself."""
    child: cst.CSTNode = name
    for ancestor in source.ancestors(name):
        if ancestor is function:
            return False
        if isinstance(ancestor, cst.FunctionDef | cst.Lambda):
            # Defaults and annotations are read outside, names of parameters are not.
            inside = child is ancestor.body or _is_parameter(source, name)
            if inside and is_local(ancestor, name.value):
                return True
        match ancestor:
            case cst.For(target=target) if child in (target, ancestor.body):
                if name.value in _variables(target):
                    return True
            case cst.ListComp() | cst.SetComp() | cst.DictComp() | cst.GeneratorExp():
                first = ancestor.for_in.iter
                if name.value in comprehension_names(ancestor) and name not in set(walk(first)):
                    return True
        child = ancestor
    return False


def _is_parameter(source: Source, name: cst.Name) -> bool:
    param = source.parent(name)
    return isinstance(param, cst.Param) and param.name is name


def comprehension_names(node: cst.BaseComp) -> frozenset[str]:
    """The variables that a comprehension binds for itself."""
    names: set[str] = set()
    clause: cst.CompFor | None = node.for_in
    while clause is not None:
        names |= _variables(clause.target)
        clause = clause.inner_for_in
    return frozenset(names)


def _variables(target: cst.CSTNode) -> set[str]:
    return {each.value for each in walk(target) if isinstance(each, cst.Name)}


def _has_comments(statement: cst.CSTNode) -> bool:
    """Whether there is a comment in the statement; those above it do not count."""
    above = {node for line in getattr(statement, "leading_lines", ()) for node in walk(line)}
    return any(isinstance(node, cst.Comment) and node not in above for node in walk(statement))


# --- order of evaluation -------------------------------------------------------------------


def evaluated_first(source: Source, gather: AwaitedGather) -> bool:
    """Whether nothing with an effect is evaluated in the statement before the gather."""
    child: cst.CSTNode = gather.expression
    for ancestor in source.ancestors(child):
        if ancestor is gather.statement:
            if isinstance(ancestor, cst.While):
                return False  # evaluated in each round
            return not isinstance(ancestor, cst.SimpleStatementLine) or len(ancestor.body) == 1
        if not _comes_first(source, ancestor, child):
            return False
        child = ancestor
    return False


def _comes_first(source: Source, parent: cst.CSTNode, child: cst.CSTNode) -> bool:
    """Whether ``child`` is what ``parent`` evaluates first, names aside."""
    match parent:
        case cst.Assign() | cst.AnnAssign() | cst.Expr() | cst.Return():
            return True
        case cst.Attribute() | cst.Subscript():
            return parent.value is child
        case cst.Call(func=func, args=args):
            before = [arg.value for arg in args[: args.index(child)]] if child in args else []
            return func is child or all(is_plain(each) for each in (func, *before))
        case cst.Arg() | cst.StarredElement():
            return True
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            return elements[0] is child
        case cst.Element():
            return True
        case cst.CompFor():
            loop = source.parent(parent)
            return isinstance(loop, COMPREHENSIONS) and parent.iter is child
        case cst.ListComp() | cst.SetComp() | cst.DictComp() | cst.GeneratorExp():
            return parent.for_in is child
        case cst.BinaryOperation() | cst.BooleanOperation() | cst.Comparison():
            return parent.left is child
    return False
