"""Makes an event a subject, and the loops that it ends pipelines up to it.

Recognises:
    ``asyncio.Event()`` wherever it is made: in an attribute, a variable, a dictionary, a
    ``default_factory``. Loops that begin each round by asking such an event: ``while not
    event.is_set():``, and ``for`` or ``while True`` loops whose first statement is ``if
    event.is_set(): break``.

Emits:
    ``EventSubject()``, which has all that an event has (``set``, ``is_set``, ``wait``,
    ``clear``) and is a ``BehaviorSubject`` as well; annotations that name ``asyncio.Event``
    name ``EventSubject``. A loop becomes ``pull_from(items).pipe(take_until(event),
    concat_map(step), ops.default_if_empty())``, or ``forever().pipe(…)`` where there are no
    items; its body stays where it is, as a nested function, or is a lambda if it awaits one
    call and does nothing else. Where it breaks, it says whether to go on: ``ops.take_while``
    follows. Where the body cannot move, or the event may be another by then,
    the loop stays as it is around the new event.

Keeps:
    Result order: rounds run one after the other, in the order of the items.
    First error: what a round raises ends the loop at once, as the same exception.
    Siblings: none. Who waits is woken by ``set`` in the order of arrival, as before.
    Cancellation: arrives inside the round, in the same task.
    Timing: the event is looked at when a round would begin, and at no other time: the round
        that runs when it is set goes on to its end. The next item is taken just before that.
    Context: rounds run in the task that awaits, with its context variables.

Refuses:
    type-matters: the file derives from ``Event`` or asks ``isinstance``; or a library checks
        values against the annotation (pydantic among others).
    private-member: code of the run uses ``event._value`` or another member of its own.
    event-escapes: it is passed to code out of sight, returned from a public function, printed.
    annotations-shared: the file names the type in annotations, and another event stays.
    arguments-unclear: the constructor is given something; asyncio's takes nothing.

Example:
    shutdown_event/batches_until_stopped
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.rule import Refused, Rule, Site
from transforms.syntax.drop_in import DropIn, type_names
from transforms.syntax.gated_loops import Gated, gated_loops
from transforms.syntax.gated_pipeline import Written, pipeline, written
from transforms.syntax.scopes import occurrences
from transforms.syntax.seen_elsewhere import uses_elsewhere
from transforms.syntax.source import Source
from transforms.syntax.stability import is_bound_once, only_binding
from transforms.syntax.swapping import Made, Swap, Swapped, swappable

_EVENT = DropIn(
    origin="asyncio.Event",
    factory="EventSubject",
    type_name="EventSubject",
    members=frozenset({"clear", "is_set", "set", "wait"}),
    escapes="event-escapes",
)
_PIPELINE = frozenset({"concat_map", "last_value_from", "take_until"})
_NEEDED = _PIPELINE | {"forever", "pull_from"}
_NO_BINDING = frozenset({"import", "load"})


@dataclass(frozen=True, kw_only=True, eq=False)
class _Events(Swapped):
    """Events that are swapped together, and the loops that they end."""

    loops: tuple[Written, ...]


def find(source: Source) -> Iterator[Site | Refused]:
    events: list[Made] = []
    for primitive, call in source.free_of_kind("event"):
        if not isinstance(call, cst.Call):
            continue
        if call.args:
            yield Refused(primitive, "arguments-unclear", source.code(call))
        else:
            events.append((primitive, call))
    is_free = not any(_is_taken(source, name) for name in _NEEDED)
    loops = list(gated_loops(source)) if events and is_free else []
    for found in swappable(source, _EVENT, events):
        yield found if isinstance(found, Refused) else _site(source, found, loops)


def _is_taken(source: Source, name: str) -> bool:
    """Whether something else than an import gives the name a meaning."""
    return any(each.role not in _NO_BINDING for each in occurrences(source.module, name))


def _site(source: Source, events: Sequence[Made], loops: Sequence[Gated]) -> _Events:
    calls = tuple(call for _, call in events)
    types = type_names(source, _EVENT)
    ended = tuple(
        written(source, loop)
        for loop in loops
        if any(_is_held(source, loop.event, call) for call in calls)
    )
    sources = {"pull_from" if isinstance(each.loop.node, cst.For) else "forever" for each in ended}
    return _Events(
        primitives=tuple(primitive for primitive, _ in events),
        rewrite="pipeline" if ended else "drop-in",
        operators=frozenset({"EventSubject"}).union(sources, _PIPELINE if ended else ()),
        uses_ops=bool(ended),
        parameters=_parameters(source, ended),
        touched=(*calls, *types, *(each.loop.node for each in ended)),
        consumed=_copied(ended),
        calls=calls,
        types=types,
        loops=ended,
    )


def _parameters(source: Source, loops: Sequence[Written]) -> tuple[tuple[str, str], ...]:
    return tuple(("take_until", source.code(each.loop.event)) for each in loops[:1])


def _copied(loops: Sequence[Written]) -> tuple[cst.CSTNode, ...]:
    """What is written anew: what a ``for`` loop goes through, and a body that is a lambda."""
    found: list[cst.CSTNode] = []
    for each in loops:
        if isinstance(each.loop.node, cst.For):
            found.append(each.loop.node.iter)
        if not each.defines:
            found += each.loop.body
    return tuple(found)


# --- whether it is this event, and stays it ------------------------------------------------


def _is_held(source: Source, event: cst.BaseExpression, call: cst.Call) -> bool:
    """Whether ``event`` is what ``call`` made, now and later."""
    statement = source.statement(call)
    match event:
        case cst.Name():
            binding = only_binding(source, event)
            if binding is None or source.statement(binding.node) is not statement:
                return False
            is_local = source.function(binding.node) is not None
            return is_bound_once(source, event) and (is_local or _stays(source, event.value))
        case cst.Attribute(value=cst.Name(value="self"), attr=cst.Name(value=name)):
            classes = {source.enclosing(each, cst.ClassDef) for each in (event, call)}
            is_only = len(classes) == 1 and _stores(source, name) == [statement]
            return is_only and _stays(source, name)
    return False


def _stores(source: Source, name: str) -> list[cst.CSTNode | None]:
    """The statements that bind an attribute of this name, or may do so by its name."""
    found: list[cst.CSTNode | None] = []
    for node in source.walk({name, "setattr", "delattr"}.isdisjoint):
        match node:
            case cst.Attribute(attr=cst.Name(value=bound)) if bound == name:
                parent = source.parent(node)
                is_target = isinstance(
                    parent, cst.AsName | cst.AssignTarget | cst.Del | cst.Element
                )
                target = getattr(parent, "target", None)
                if is_target or target is node:
                    found.append(source.statement(node))
            case cst.Name(value=bound) if bound == name:
                inside = source.enclosing(node, cst.FunctionDef, cst.Lambda, cst.ClassDef)
                if isinstance(inside, cst.ClassDef) and _is_target(source, node):
                    found.append(source.statement(node))
            case cst.Call(func=cst.Name(value="setattr" | "delattr")):
                names = [arg.value for arg in node.args if isinstance(arg.value, cst.SimpleString)]
                if len(node.args) < 2 or any(each.raw_value == name for each in names):
                    found.append(None)
    return found


def _is_target(source: Source, node: cst.Name) -> bool:
    parent = source.parent(node)
    return isinstance(parent, cst.AssignTarget) or getattr(parent, "target", None) is node


def _stays(source: Source, name: str) -> bool:
    """Whether no other file puts something else in its place."""
    uses = uses_elsewhere(source, name)
    return uses is not None and all(use.what != "stored" for use in uses)


# --- the edit ------------------------------------------------------------------------------


class _Transformer(Swap):
    def __init__(self, source: Source, sites: Sequence[Site]) -> None:
        super().__init__(source, _EVENT, sites)
        chosen = [site for site in sites if isinstance(site, _Events)]
        self._loops = {each.loop.node: each for site in chosen for each in site.loops}

    def leave_While(
        self, original_node: cst.While, updated_node: cst.While
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        return self._loop(original_node, updated_node)

    def leave_For(
        self, original_node: cst.For, updated_node: cst.For
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        return self._loop(original_node, updated_node)

    def _loop(
        self, original: cst.While | cst.For, updated: cst.While | cst.For
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        plan = self._loops.get(original)
        return updated if plan is None else pipeline(self._source, plan, updated)


RULE = Rule(
    code="RX102",
    name="shutdown-event",
    tier=1,
    summary="an event becomes a subject, and the loops that it ends pipelines up to it",
    kinds=frozenset({"event"}),
    operators=_NEEDED | {"EventSubject"},
    find=find,
    transformer=_Transformer,
    doc=__doc__,
)
