"""A fan-out as a pipeline: its items as a source, and the function that ``flat_map`` calls.

Without a bound, ``flat_map`` calls its mapper for every item while the pipeline is subscribed to,
at the very moment at which the original called the function, so the mapper may be any code.
With a bound it calls it when a place is free: there, everything that the call is given is
evaluated with the items, and only the call itself comes late.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from itertools import chain, count

import libcst as cst

from transforms.syntax.fan_out import AwaitedGather, FanOut, is_simple, started
from transforms.syntax.layout import Call, Comprehension, Item, Listed, Pipe, Prefixed, flat
from transforms.syntax.pieces import argument, one_line, pieces
from transforms.syntax.scopes import binds, loaded, walk
from transforms.syntax.source import Source
from transforms.syntax.stability import (
    accepts,
    function_called,
    is_bound_once,
    is_constant,
    is_own_method,
    only_binding,
)
from transforms.syntax.taker import observable_in

_FRAME = frozenset({"__class__", "dir", "eval", "exec", "locals", "super", "vars"})
"""What these give depends on the function that the code stands in."""
_PAIRS = frozenset({"enumerate", "zip"})
_SURE = frozenset({"dict", "enumerate", "list", "range", "reversed", "set", "sorted", "tuple"})
_LAZY = ("AsyncIterable", "AsyncIterator", "Generator", "Iterable", "Iterator")
_AWAITABLES = frozenset(
    {"awaitable", "call", "coro", "coroutine", "future", "job", "request", "task"}
)


@dataclass(frozen=True, slots=True)
class Mapping:
    """What goes into ``rx.from_iterable`` and what into ``flat_map``."""

    items: Item
    mapper: Item


def pipeline(source: Source, gather: AwaitedGather, mapping: Mapping, *options: str) -> Pipe:
    """The observable that stands for the gather; ``options`` are those of ``flat_map``."""
    given = list(options)
    if gather.exceptions is not None:
        given.append(f"return_exceptions={one_line(source, gather.exceptions)}")
    stages = (Call("flat_map", (mapping.mapper, *given)), "ops.to_list()")
    return Pipe(Call("rx.from_iterable", (_bare(mapping.items),)), stages)


def parameters(
    source: Source, gather: AwaitedGather, mapping: Mapping
) -> tuple[tuple[str, str], ...]:
    """What a reader of the report wants to know."""
    found = [("items", flat(_bare(mapping.items)))]
    if gather.exceptions is not None:
        found.append(("return_exceptions", one_line(source, gather.exceptions)))
    return tuple(found)


def unbounded(source: Source, fan: FanOut) -> Mapping | None:
    """The fan-out without a bound; None where its code must stay where it is."""
    if fan.mapped is not None:
        iterable = fan.clauses[0].iterable
        # ``map`` evaluates the function first, the pipeline the iterable.
        if not is_simple(iterable) and not _is_settled(source, fan.mapped):
            return None
        return Mapping(pieces(source, iterable), one_line(source, fan.mapped))
    element = fan.element
    assert element is not None
    if not fan.names or _depends_on_place(fan) or _binds_late(element, fan.names):
        return None
    if _names_an_error(source, element):
        return None
    inner = started(source, element)
    if isinstance(inner, cst.Call) and _starts_alike(source, fan, inner):
        element = inner
    element = observable_in(source, element) or element
    used = _used(fan, element)
    if len(used) < 2:
        return _by_one(source, fan, element, (used or fan.names)[0])
    return _by_several(source, fan, element, used)


def bounded(source: Source, fan: FanOut, function: cst.FunctionDef) -> Mapping | None:
    """The fan-out with a bound; None where something would be evaluated at another time."""
    name = function.name.value
    if fan.mapped is not None:
        is_it = isinstance(fan.mapped, cst.Name) and fan.mapped.value == name
        call = cst.Call(cst.Name(name), [cst.Arg(cst.Name("item"))])
        if not is_it or not accepts(function, call):
            return None
        return Mapping(pieces(source, fan.clauses[0].iterable), name)
    assert fan.element is not None
    element = started(source, fan.element)
    if element is not None and not _cannot_fail(source, fan, element):
        return None
    element = element or fan.element
    if not isinstance(element, cst.Call) or not isinstance(element.func, cst.Name):
        return None
    if element.func.value != name or not accepts(function, element):
        return None
    if not fan.names or _depends_on_place(fan):
        return None
    return _late(source, fan, element) or _early(source, fan, element, function)


def as_it_is(source: Source, gather: AwaitedGather) -> Mapping:
    """The awaitables of the gather, made where they were made before."""
    if len(gather.items) > 1:
        return Mapping(Listed(tuple(argument(source, each) for each in gather.items)), _SAME)
    value = gather.items[0].value
    last = value.attr if isinstance(value, cst.Attribute) else value
    one = last.value[:-1] if isinstance(last, cst.Name) and last.value.endswith("s") else ""
    name = one.lstrip("_") if one.lstrip("_") in _AWAITABLES else "task"
    return Mapping(_iterable(source, value), f"lambda {name}: {name}")


_SAME = "lambda task: task"


# --- the two forms -------------------------------------------------------------------------


def _by_one(source: Source, fan: FanOut, element: cst.BaseExpression, name: str) -> Mapping:
    """``flat_map(f)`` or ``flat_map(lambda x: f(x, …))``."""
    items = _iterated(source, fan, name) or Comprehension(name, _clauses(source, fan))
    match element:
        case cst.Call(func=func, args=[cst.Arg(keyword=None, star="", value=cst.Name(value=only))]):
            is_direct = only == name and name not in loaded(func) and _is_settled(source, func)
            # ``to_thread`` stays a call, for its own rule to see.
            if is_direct and source.origin(func) != "asyncio.to_thread":
                return Mapping(items, one_line(source, func))
    return Mapping(items, Prefixed(f"lambda {name}: ", pieces(source, element)))


def _by_several(
    source: Source, fan: FanOut, element: cst.BaseExpression, used: tuple[str, ...]
) -> Mapping | None:
    """``flat_map(lambda pair: f(*pair, …))``: the call takes the variables first, as they come."""
    if not isinstance(element, cst.Call) or loaded(element.func) & set(used):
        return None
    first, rest = element.args[: len(used)], element.args[len(used) :]
    names = tuple(_plain_name(each) for each in first)
    if set(names) != set(used) or any(loaded(each) & set(used) for each in rest):
        return None
    order = tuple(str(name) for name in names)
    items = _tupled(source, fan, order) or Comprehension(Call("", order), _clauses(source, fan))
    return Mapping(items, _spread(source, element, order, rest))


def _spread(
    source: Source, call: cst.Call, given: tuple[str, ...], rest: Iterable[cst.Arg]
) -> Item:
    taken = loaded(call)
    wanted = ("pair", "args") if len(given) == 2 else ("args",)
    name = _unused(taken, *wanted)
    more = tuple(argument(source, each) for each in rest)
    body = Call(one_line(source, call.func), (f"*{name}", *more))
    return Prefixed(f"lambda {name}: ", body)


def _unused(taken: Container[str], *wanted: str) -> str:
    """A name for the mapper's parameter that hides none of what its call takes."""
    names = chain((*wanted, "given"), (f"given_{n}" for n in count(2)))
    return next(each for each in names if each not in taken)


def _late(source: Source, fan: FanOut, call: cst.Call) -> Mapping | None:
    """The same two forms where all that the call is given means the same whenever it is made."""
    names = set(fan.names)
    for arg in call.args:
        is_item = isinstance(arg.value, cst.Name) and arg.value.value in names
        if not is_item and not _keeps(source, arg.value, names):
            return None
    used = _used(fan, call)
    if len(used) > 1:
        mapping = _by_several(source, fan, call, used)
    else:
        mapping = _by_one(source, fan, call, (used or fan.names)[0])
    assert isinstance(call.func, cst.Name)
    is_direct = mapping is not None and mapping.mapper == call.func.value
    return mapping if is_direct or is_bound_once(source, call.func) else None


def _early(
    source: Source, fan: FanOut, call: cst.Call, function: cst.FunctionDef
) -> Mapping | None:
    """The call's arguments as the items: ``flat_map(lambda args: f(*args))``."""
    names = set(fan.names)
    params = [
        param.name.value for param in (*function.params.posonly_params, *function.params.params)
    ]
    given = [arg for arg in call.args if arg.keyword is None]
    rest: list[cst.Arg] = []
    for arg in call.args:
        if arg.keyword is None:
            continue
        if _keeps(source, arg.value, names):
            rest.append(arg)
        elif not rest and params[len(given) : len(given) + 1] == [arg.keyword.value]:
            given.append(arg)
        else:
            return None
    assert isinstance(call.func, cst.Name)
    values = tuple(pieces(source, arg.value) for arg in given)
    if len(values) == 1 and not rest:
        name = _plain_name(given[0])
        items = None if name is None else _iterated(source, fan, name)
        items = items or Comprehension(values[0], _clauses(source, fan))
        return Mapping(items, call.func.value)
    if not values or not is_bound_once(source, call.func):
        return None
    if len(values) == 1:
        return _one_early(source, fan, call, values[0], rest)
    tuples = Comprehension(Call("", values), _clauses(source, fan))
    return Mapping(tuples, _spread(source, call, tuple("" for _ in values), rest))


def _one_early(
    source: Source, fan: FanOut, call: cst.Call, value: Item, rest: Iterable[cst.Arg]
) -> Mapping:
    name = _unused(loaded(call), "item")
    more = tuple(argument(source, each) for each in rest)
    body = Call(one_line(source, call.func), (name, *more))
    return Mapping(Comprehension(value, _clauses(source, fan)), Prefixed(f"lambda {name}: ", body))


def _keeps(source: Source, value: cst.BaseExpression, targets: set[str]) -> bool:
    """Whether ``value`` means the same at any time."""
    if is_constant(value):
        return True
    return (
        isinstance(value, cst.Name) and value.value not in targets and is_bound_once(source, value)
    )


# --- items ---------------------------------------------------------------------------------


def _iterated(source: Source, fan: FanOut, name: str) -> Item | None:
    """The iterable itself, if its items are what the variable stands for."""
    if len(fan.clauses) > 1 or fan.conditional:
        return None
    target = fan.clauses[0].target
    if isinstance(target, cst.Name) and target.value == name:
        return _iterable(source, fan.clauses[0].iterable)
    return None


def _tupled(source: Source, fan: FanOut, names: tuple[str, ...]) -> Item | None:
    """The iterable itself, if its items are tuples of just these variables."""
    if len(fan.clauses) > 1 or fan.conditional:
        return None
    clause = fan.clauses[0]
    if clause.names != names or not _gives_tuples(source, clause.iterable, clause.target):
        return None
    return _iterable(source, clause.iterable)


def _gives_tuples(source: Source, iterable: cst.BaseExpression, target: cst.BaseExpression) -> bool:
    """Whether the items are tuples that fit the target: of ``zip``, ``enumerate``, ``items()``."""
    if not isinstance(target, cst.Tuple) or not isinstance(iterable, cst.Call):
        return False
    count = len(target.elements)
    if not all(
        isinstance(each, cst.Element) and isinstance(each.value, cst.Name)
        for each in target.elements
    ):
        return False
    match iterable.func:
        case cst.Attribute(attr=cst.Name(value="items")):
            return count == 2 and not iterable.args
        case cst.Name(value="enumerate"):
            return count == 2 and not binds(source.module, "enumerate")
        case cst.Name(value="zip"):
            zipped = [arg for arg in iterable.args if arg.keyword is None]
            stars = any(arg.star for arg in iterable.args)
            return not stars and count == len(zipped) and not binds(source.module, "zip")
    return False


def _clauses(source: Source, fan: FanOut) -> tuple[Item, ...]:
    found: list[Item] = []
    for clause in fan.clauses:
        head = f"for {one_line(source, clause.target)} in "
        found.append(Prefixed(head, _iterated_over(source, clause.iterable)))
        found += [f"if {_in_parentheses(source, each)}" for each in clause.conditions]
    return tuple(found)


def _iterated_over(source: Source, node: cst.BaseExpression) -> Item:
    return pieces(source, node) if isinstance(node, cst.Call) else _in_parentheses(source, node)


def _iterable(source: Source, node: cst.BaseExpression) -> Item:
    is_bare_tuple = isinstance(node, cst.Tuple) and not node.lpar
    if is_bare_tuple:
        return _in_parentheses(source, node)
    if isinstance(node, cst.BooleanOperation | cst.BinaryOperation | cst.IfExp):
        # As the only argument of a call it needs none of its own.
        return one_line(source, node.with_changes(lpar=(), rpar=()))
    return pieces(source, node)


def _in_parentheses(source: Source, node: cst.BaseExpression) -> str:
    """What a ``for`` statement takes bare and a comprehension does not."""
    text = one_line(source, node)
    is_bare = isinstance(node, cst.Tuple | cst.IfExp | cst.Lambda | cst.NamedExpr) and not node.lpar
    return f"({text})" if is_bare else text


def _bare(items: Item) -> Item:
    """A generator that is the only argument needs no parentheses."""
    if isinstance(items, Comprehension) and items.brackets == "()":
        return Comprehension(items.element, items.clauses)
    return items


def _used(fan: FanOut, element: cst.BaseExpression) -> tuple[str, ...]:
    read = loaded(element)
    return tuple(dict.fromkeys(name for name in fan.names if name in read))


def _plain_name(arg: cst.Arg) -> str | None:
    if arg.keyword is not None or arg.star or not isinstance(arg.value, cst.Name):
        return None
    return arg.value.value


# --- what must hold ------------------------------------------------------------------------


def _depends_on_place(fan: FanOut) -> bool:
    """Whether some of the code means something else in a function or generator of its own."""
    nodes = [fan.element, *(each for clause in fan.clauses for each in clause.conditions)]
    nodes += [clause.iterable for clause in fan.clauses[1:]]
    for node in nodes:
        for each in walk(node) if node is not None else ():
            if isinstance(each, cst.NamedExpr):
                return True
            if isinstance(each, cst.Name) and each.value in _FRAME:
                return True
            # StopIteration comes out of a generator as another error than out of a list.
            match each:
                case cst.Call(func=cst.Name(value="next"), args=[_]):
                    return True
    return False


def _binds_late(element: cst.BaseExpression, names: tuple[str, ...]) -> bool:
    """Whether a function in the element would see the last item's value, as it always did."""
    return any(
        isinstance(node, cst.Lambda | cst.GeneratorExp) and not set(names).isdisjoint(loaded(node))
        for node in walk(element)
    )


def _names_an_error(source: Source, element: cst.BaseExpression) -> bool:
    """Whether it names what an ``except`` caught: linters take that for gone in a lambda."""
    errors = {
        handler.name.name.value
        for handler in source.ancestors(element)
        if isinstance(handler, cst.ExceptHandler | cst.ExceptStarHandler)
        and handler.name is not None
        and isinstance(handler.name.name, cst.Name)
    }
    return not errors.isdisjoint(loaded(element))


def _is_settled(source: Source, func: cst.BaseExpression) -> bool:
    """Whether ``func`` can be looked up once, even if there is no item at all."""
    if isinstance(func, cst.Name):
        return is_bound_once(source, func)
    if not isinstance(func, cst.Attribute):
        return False
    return is_own_method(source, func) or source.origin(func) is not None


def _starts_alike(source: Source, fan: FanOut, call: cst.Call) -> bool:
    """Whether it is the same to start each task as it is made or all when they are made."""
    function = function_called(source, call.func)
    if function is None or function.asynchronous is None:
        return False
    is_method = isinstance(call.func, cst.Attribute)
    return accepts(function, call, bound=is_method) and _cannot_fail(source, fan, call)


def _cannot_fail(source: Source, fan: FanOut, call: cst.BaseExpression) -> bool:
    """Whether making the calls cannot fail half-way, when the first tasks have begun."""
    if not isinstance(call, cst.Call) or not all(is_simple(arg.value) for arg in call.args):
        return False
    for clause in fan.clauses:
        if not all(is_simple(condition) for condition in clause.conditions):
            return False
        if not _is_sure(source, clause.iterable):
            return False
        is_name = isinstance(clause.target, cst.Name)
        if not is_name and not _gives_tuples(source, clause.iterable, clause.target):
            return False
    return True


def _is_sure(source: Source, node: cst.BaseExpression) -> bool:
    """Whether iterating over ``node`` either fails at once or not at all."""
    match node:
        case cst.List() | cst.Tuple() | cst.Set() | cst.Dict() | cst.ListComp() | cst.Attribute():
            return True
        case cst.Subscript(value=value):
            return _is_sure(source, value)
        case cst.BinaryOperation(left=left, right=right):
            return _is_sure(source, left) and _is_sure(source, right)
        case cst.Name():
            return _is_sure_variable(source, node)
        case cst.Call(func=cst.Attribute(value=value, attr=attr), args=[]):
            return attr.value in {"items", "keys", "values"} and is_name_or_member(value)
        case cst.Call(func=cst.Name(value=name), args=args):
            if name == "zip":
                return all(arg.keyword is None and _is_sure(source, arg.value) for arg in args)
            if name in {"enumerate", "reversed"}:
                return _is_sure(source, args[0].value) if args else False
            return name in _SURE
    return False


def is_name_or_member(node: cst.BaseExpression) -> bool:
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name)


def _is_sure_variable(source: Source, name: cst.Name) -> bool:
    """A variable that nothing says to be an iterator."""
    binding = only_binding(source, name)
    if binding is None:
        return True
    holder = source.parent(binding.node)
    if isinstance(holder, cst.AssignTarget):
        holder = source.parent(holder)
    annotation = getattr(holder, "annotation", None)
    if annotation is not None:
        return not any(word in source.code(annotation.annotation) for word in _LAZY)
    value = getattr(holder, "value", None)
    if isinstance(value, cst.GeneratorExp):
        return False
    if isinstance(value, cst.Call) and isinstance(value.func, cst.Name):
        return value.func.value not in {"filter", "iter", "map"}
    return True
