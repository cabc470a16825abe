"""Turns a semaphore that bounds one fan-out into the bound of a ``flat_map``.

Recognises:
    A semaphore in a local variable, an inner coroutine whose body is ``async with semaphore:``
    and nothing else, and one awaited ``asyncio.gather`` that calls it for the items of a
    collection: by a comprehension, a generator, ``map``, or a list of coroutines or tasks that
    is built right above, by a comprehension or by ``append``. Semaphore and coroutine may come
    in either order. Every other semaphore (in an attribute, passed on, around a part of the
    work, acquired and released by hand, shared by two fan-outs) is swapped where it is made.

Emits:
    ``rx.from_iterable(xs).pipe(flat_map(inner, max_concurrent=N), ops.to_list())``; the
    semaphore goes, and so does the ``async with`` around the coroutine's body. What the
    coroutine is given beyond the item is evaluated with the items, as before. A limit that may
    have changed by then keeps a variable: ``max_concurrent = …``.
    The drop-in: ``dynamic_semaphore(N)``; annotations that name ``Semaphore`` name
    ``DynamicSemaphore``.

Keeps:
    Result order: a list, in the order of the items.
    First error: raised at once, as the same object.
    Siblings: go on after the first error, and those that wait for a place still start.
    Cancellation: items at work are cancelled, waiting ones never start; the caller sees it when
        ``asyncio.gather`` would have shown it.
    Timing: never more than ``N`` at work; a place goes to the next item in the order of the
        items, in the turn of the loop in which it becomes free.
    Context: each item runs in a task of its own with a copy of the caller's context.

Refuses:
    type-matters: the file derives from ``Semaphore`` or asks ``isinstance``.
    private-member: the file uses ``semaphore._value`` or another member of its own.
    semaphore-escapes: it is passed to imported code, returned from a public function, printed.
    annotations-shared: the file names the type in annotations, and another semaphore stays.
    bounded-release: a ``BoundedSemaphore`` watches over ``release()``, and that is called here.
    arguments-unclear: ``*``, ``**`` or ``loop=`` among the arguments of the semaphore, or a limit
        that may be a fraction.

Example:
    semaphore_gather/closure_over_list
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.rule import Primitive, Refused, Rule, Site
from transforms.syntax.drop_in import type_names
from transforms.syntax.fan_out import (
    AwaitedGather,
    FanOut,
    awaited_gather,
    fan_out,
    shows_variables,
)
from transforms.syntax.fan_out_pipeline import bounded, parameters, pipeline
from transforms.syntax.layout import Item, Layout, awaited
from transforms.syntax.limits import Limit, limit_of
from transforms.syntax.placement import placed
from transforms.syntax.removal import carried, has_pragmas
from transforms.syntax.scopes import contains, occurrences, walk
from transforms.syntax.semaphores import named, rename, swap, why_not_swapped
from transforms.syntax.source import Source

_Semaphore = tuple[Primitive, cst.Call]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Bounded(Site):
    """A semaphore, an inner coroutine and a gather that become one pipeline."""

    statement: cst.CSTNode
    variable: cst.SimpleStatementLine | None
    """What stands in the place of the semaphore, if something does."""
    inner: cst.FunctionDef
    place: tuple[cst.BaseExpression, Item]
    """What is replaced by the pipeline, and by what text."""
    removed: tuple[cst.CSTNode, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Swapped(Site):
    """Semaphores that must be swapped together: one, or all of a file that names their type."""

    calls: tuple[cst.Call, ...]
    types: tuple[cst.BaseExpression, ...]


def find(source: Source) -> Iterator[Site | Refused]:
    left: list[_Semaphore] = []
    removed: set[cst.CSTNode] = set()
    for primitive, call in source.free_of_kind("semaphore"):
        if not isinstance(call, cst.Call):
            continue
        site = _bounded(source, primitive, call)
        if site is None:
            left.append((primitive, call))
        else:
            removed.update(walk(site.statement))
            yield site
    yield from _swap(source, left, removed)


# --- the pipeline --------------------------------------------------------------------------


def _bounded(source: Source, primitive: Primitive, call: cst.Call) -> _Bounded | None:
    """The site, if all there is to the semaphore is one fan-out."""
    statement = source.statement(call)
    function = source.function(call)
    name = _variable(statement, call)
    if name is None or statement is None or not isinstance(function, cst.FunctionDef):
        return None
    if has_pragmas(statement):
        return None
    inner = _only_guarded(source, function, name)
    if inner is None:
        return None
    found = _only_gather(source, function, inner)
    if found is None:
        return None
    gather_primitive, gather, fan = found
    if not _comes_before(source, statement, gather) or not _comes_before(source, inner, gather):
        return None
    if not _never_overlaps(source, statement, gather):
        return None
    mapping = bounded(source, fan, inner)
    limit = limit_of(source, call, gather, fan)
    if mapping is None or limit is None:
        return None
    stages = pipeline(source, gather, mapping, f"max_concurrent={limit.text}")
    place = placed(source, gather.expression, awaited(stages))
    if place is None:
        return None
    removed = fan.built_by if limit.variable else (statement, *fan.built_by)
    moved = carried(source, removed)
    given = parameters(source, gather, mapping)
    return _Bounded(
        primitives=(primitive, gather_primitive),
        rewrite="pipeline",
        operators=frozenset({"flat_map", "last_value_from"}),
        uses_rx=True,
        uses_ops=True,
        parameters=(("max_concurrent", limit.value), *given),
        touched=(
            *(place[0], statement, inner),
            *removed,
            *(each.carrier for each in moved),
        ),
        consumed=(*gather.call.args, *fan.built_by),
        statement=statement,
        variable=_kept_variable(statement, limit),
        inner=inner,
        place=place,
        removed=removed,
    )


def _variable(statement: cst.CSTNode | None, call: cst.Call) -> str | None:
    """``name`` of ``name = asyncio.Semaphore(…)``."""
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return None
    match statement.body[0]:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value):
            return name if value is call else None
        case cst.AnnAssign(target=cst.Name(value=name), value=value):
            return name if value is call else None
    return None


def _only_guarded(
    source: Source, function: cst.FunctionDef, semaphore: str
) -> cst.FunctionDef | None:
    """The inner coroutine that the semaphore guards as a whole, if that is all it does."""
    uses = occurrences(function, semaphore)
    reads = [use.node for use in uses if use.role == "load"]
    if len(uses) != 2 or len(reads) != 1 or shows_variables(function):
        return None
    item = source.parent(reads[0])
    guard = source.parent(item) if isinstance(item, cst.WithItem) else None
    if not isinstance(guard, cst.With) or guard.asynchronous is None:
        return None
    if item is not guard.items[0] or item.asname is not None or _has_remarks(item, guard):
        return None
    inner = source.function(guard)
    if not isinstance(inner, cst.FunctionDef) or source.function(inner) is not function:
        return None
    return inner if _is_plain(inner) and _is_whole_body(inner, guard) else None


def _has_remarks(item: cst.WithItem, guard: cst.With) -> bool:
    """Whether a comment would have to go, or would be none without the line that it is about."""
    behind = getattr(guard.body, "header", None) or getattr(guard.body, "trailing_whitespace", None)
    return contains(item, cst.Comment) or (behind is not None and has_pragmas(behind))


def _is_plain(inner: cst.FunctionDef) -> bool:
    return (
        inner.asynchronous is not None
        and not inner.decorators
        and not any(isinstance(node, cst.Yield) for node in walk(inner.body, inner_functions=False))
    )


def _is_whole_body(inner: cst.FunctionDef, guard: cst.With) -> bool:
    *before, last = inner.body.body
    if last is not guard or len(before) > 1:
        return False
    if before:
        return inner.get_docstring() is not None
    # What comes first must not become the docstring.
    return len(guard.items) > 1 or not _is_string(guard.body.body[0])


def _is_string(statement: cst.CSTNode) -> bool:
    small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else statement
    return isinstance(small, cst.Expr) and isinstance(
        small.value, cst.SimpleString | cst.ConcatenatedString
    )


def _only_gather(
    source: Source, function: cst.FunctionDef, inner: cst.FunctionDef
) -> tuple[Primitive, AwaitedGather, FanOut] | None:
    """The gather that calls the inner coroutine, if nothing else names it."""
    uses = occurrences(function, inner.name.value)
    reads = [use.node for use in uses if use.role == "load"]
    if len(uses) != 2 or len(reads) != 1:
        return None
    for primitive, call in source.free_of_kind("gather"):
        if not isinstance(call, cst.Call) or source.function(call) is not function:
            continue
        gather = awaited_gather(source, primitive, call)
        fan = fan_out(source, gather) if isinstance(gather, AwaitedGather) else None
        if fan is None or isinstance(gather, Refused):
            continue
        maker = fan.element or fan.mapped
        if maker is not None and reads[0] in set(walk(maker)):
            return primitive, gather, fan
    return None


def _comes_before(source: Source, statement: cst.CSTNode, gather: AwaitedGather) -> bool:
    """Whether the gather is reached by way of ``statement`` only."""
    return source.parent(statement) in set(source.ancestors(gather.expression)) and source.span(
        statement
    ) < source.span(gather.expression)


def _never_overlaps(source: Source, statement: cst.CSTNode, gather: AwaitedGather) -> bool:
    """Whether the fan-out has ended, or was the last one, before it may begin again.

    After an error, ``asyncio.gather`` leaves the others running: in a loop that goes on, those
    would still take places of the semaphore.
    """
    block = source.parent(statement)
    goes_on = False
    for ancestor in source.ancestors(gather.expression):
        if ancestor is block:
            return True
        match ancestor:
            case cst.ListComp() | cst.SetComp() | cst.DictComp() | cst.GeneratorExp():
                if gather.expression not in set(walk(ancestor.for_in.iter)):
                    return False
            case cst.For(iter=iterable) if gather.expression in set(walk(iterable)):
                pass
            case cst.For() | cst.While() if goes_on and not _waits_for_all(gather):
                return False
            case cst.Try() | cst.TryStar() | cst.With():
                goes_on = True
    return False


def _waits_for_all(gather: AwaitedGather) -> bool:
    return isinstance(gather.exceptions, cst.Name) and gather.exceptions.value == "True"


def _kept_variable(statement: cst.CSTNode, limit: Limit) -> cst.SimpleStatementLine | None:
    if limit.variable is None:
        return None
    assert isinstance(statement, cst.SimpleStatementLine)
    target = cst.AssignTarget(cst.Name(limit.variable))
    return statement.with_changes(body=[cst.Assign([target], limit.expression)])


# --- the drop-in ---------------------------------------------------------------------------


def _swap(
    source: Source, semaphores: Sequence[_Semaphore], removed: set[cst.CSTNode]
) -> Iterator[Site | Refused]:
    """Swap what can be swapped; ``removed`` is code that is gone by then."""
    if not semaphores:
        return
    taken: list[_Semaphore] = []
    for primitive, call in semaphores:
        found = why_not_swapped(source, primitive, call)
        if found is None:
            taken.append((primitive, call))
        else:
            yield found
    types = tuple(
        node
        for drop_in in named(source)
        for node in type_names(source, drop_in)
        if node not in removed
    )
    if not types:
        yield from (_swapped([each], ()) for each in taken)
    elif len(taken) == len(semaphores) == _number_left(source, removed):
        if taken:
            yield _swapped(taken, types)
    else:
        for primitive, _ in taken:
            line = source.span(types[0])[0]
            yield Refused(primitive, "annotations-shared", f"line {line}")


def _number_left(source: Source, removed: set[cst.CSTNode]) -> int:
    """The semaphores of the file that become no part of a pipeline, suppressed ones included."""
    made = (each for each in source.primitives if each.kind == "semaphore")
    return sum(source.node_of(each) not in removed for each in made)


def _swapped(semaphores: Sequence[_Semaphore], types: tuple[cst.BaseExpression, ...]) -> _Swapped:
    calls = tuple(call for _, call in semaphores)
    names = {"dynamic_semaphore", "DynamicSemaphore"} if types else {"dynamic_semaphore"}
    return _Swapped(
        primitives=tuple(primitive for primitive, _ in semaphores),
        rewrite="drop-in",
        operators=frozenset(names),
        touched=(*calls, *types),
        calls=calls,
        types=types,
    )


# --- the edit ------------------------------------------------------------------------------


class _Transformer(cst.CSTTransformer):
    def __init__(self, source: Source, sites: Sequence[Site]) -> None:
        super().__init__()
        self._source = source
        self._layout = Layout(source)
        found = [site for site in sites if isinstance(site, _Bounded)]
        self._places = dict(site.place for site in found)
        self._variables = {site.statement: site.variable for site in found if site.variable}
        self._inner = {site.inner for site in found}
        removed = [node for site in found for node in site.removed]
        self._removed = set(removed)
        self._carried = {each.carrier: each for each in carried(source, removed)}
        swaps = [site for site in sites if isinstance(site, _Swapped)]
        self._calls = {call for site in swaps for call in site.calls}
        self._types = {node for site in swaps for node in site.types}

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.RemovalSentinel:
        if original_node in self._removed:
            return cst.RemoveFromParent()
        if original_node in self._calls:
            assert isinstance(original_node, cst.Call)
            assert isinstance(updated_node, cst.Call)
            return swap(self._source, original_node, updated_node)
        if original_node in self._types:
            return rename(self._source, original_node, updated_node)
        if isinstance(original_node, cst.BaseExpression) and original_node in self._places:
            return self._layout.replace(original_node, self._places[original_node])
        if original_node in self._variables:
            assert isinstance(updated_node, cst.SimpleStatementLine)
            updated_node = updated_node.with_changes(body=self._variables[original_node].body)
        if original_node in self._inner:
            assert isinstance(updated_node, cst.FunctionDef)
            updated_node = _unguarded(updated_node)
        if original_node in self._carried:
            updated_node = self._carried[original_node].onto(updated_node)
        return updated_node


def _unguarded(inner: cst.FunctionDef) -> cst.FunctionDef:
    """The coroutine without the ``async with`` around its body."""
    assert isinstance(inner.body, cst.IndentedBlock)
    *before, guard = inner.body.body
    assert isinstance(guard, cst.With)
    if len(guard.items) > 1:
        kept = guard.with_changes(items=guard.items[1:])
        return inner.with_changes(body=inner.body.with_changes(body=[*before, kept]))
    statements, footer = _unwrapped(guard)
    block = inner.body.with_changes(
        body=[*before, *statements], footer=[*footer, *inner.body.footer]
    )
    return inner.with_changes(body=block)


def _unwrapped(
    guard: cst.With,
) -> tuple[list[cst.BaseStatement], tuple[cst.EmptyLine, ...]]:
    """The statements of the block, below the comments that stood above and behind its header."""
    body = guard.body
    footer: tuple[cst.EmptyLine, ...] = ()
    above = list(guard.leading_lines)
    statements: list[cst.BaseStatement]
    if isinstance(body, cst.IndentedBlock):
        statements, footer = list(body.body), tuple(body.footer)
        if body.header.comment is not None:
            above.append(cst.EmptyLine(comment=body.header.comment))
    else:
        assert isinstance(body, cst.SimpleStatementSuite)
        statements = [
            cst.SimpleStatementLine(body.body, trailing_whitespace=body.trailing_whitespace)
        ]
    first = statements[0]
    own = getattr(first, "leading_lines", ())
    statements[0] = first.with_changes(leading_lines=[*above, *own])
    return statements, footer


RULE = Rule(
    code="RX201",
    name="semaphore-gather",
    tier=2,
    summary="a semaphore around a fan-out becomes the bound of a flat_map",
    kinds=frozenset({"semaphore"}),
    operators=frozenset({"DynamicSemaphore", "dynamic_semaphore", "flat_map", "last_value_from"}),
    find=find,
    transformer=_Transformer,
    doc=__doc__,
)
