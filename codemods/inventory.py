"""Source text -> primitives: every use of a coordination call, fast and without libcst.

Most files hold none and are dismissed on their text; the rest is parsed by the standard library.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from codemods.errors import SourceError
from codemods.likely import Evidence, likely_rule
from codemods.sightings import Sightings, holds_word, sightings
from transforms.rule import Kind, Primitive
from transforms.syntax.excerpt import (
    Layout,
    bound_from_within,
    excerpt,
    likely_holders,
    word_hits,
)
from transforms.syntax.names import FunctionNode, Names, Use
from transforms.syntax.origins import PUBLIC, ROOTS
from transforms.syntax.parsed import Parsed, ParseError, parse, parse_roughly
from transforms.syntax.retry_loops import RetryLoop, bound, exception_name, retry_loop
from transforms.syntax.waves import Chain, Wave, chains, may_hold_chain


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A primitive, and the code of the rule that would take it."""

    primitive: Primitive
    rule_code: str

    def __reduce__(self) -> tuple[type[Entry], tuple[Primitive, str]]:
        """By its constructor, as its primitive."""
        return Entry, (self.primitive, self.rule_code)


def may_hold_primitives(data: bytes) -> bool:
    """A look at a file's bytes: False only if no primitive can be in it."""
    return (
        any(
            module in data and any(name in data for name in names)
            for module, names in _BYTES_BY_MODULE
        )
        or _EXECUTOR.encode() in data
        or may_hold_chain(data)
    )


def may_hold(text: str) -> bool:
    """A closer look, at the text: False only if no primitive can be in it."""
    if may_hold_chain(text):
        return True
    layout = Layout(text)
    return _is_sighted(layout, sightings(layout, _NAMES_BY_MODULE))


def _is_sighted(layout: Layout, seen: Sightings) -> bool:
    return bool(seen.chains) or holds_word(layout, (*seen.words, _EXECUTOR))


def inventory(text: str, path: str) -> tuple[Primitive, ...]:
    """Every primitive of a source text, in source order.

    Args:
        text: the decoded source, line endings as they are in the file.
        path: how the file is called; part of no result, for the error's sake only.

    Raises:
        SourceError: the text does not parse (only found out if it may hold a primitive).
    """
    return tuple(entry.primitive for entry in inventory_entries(text, path))


def inventory_entries(text: str, path: str) -> tuple[Entry, ...]:
    """As ``inventory``, each primitive with the code of the rule that would take it.

    The code is a forecast from the shape of the code around the primitive. What really becomes
    of it is known only when the rules have looked.

    Of a large text, functions without any name of a primitive are not parsed: an error in them
    is not found here.
    """
    if may_hold_chain(text):
        return _entries_of_whole(text)
    layout = Layout(text)
    seen = sightings(layout, _NAMES_BY_MODULE)
    if not _is_sighted(layout, seen):
        return ()
    if len(text) < _WORTH_AN_EXCERPT:
        return _entries_of_whole(text)
    return _entries_of_excerpt(layout, seen)


def entries_of(whole: Parsed) -> tuple[Entry, ...]:
    """The primitives of a parsed text, see ``inventory_entries``."""
    return _Reader(whole).sorted_entries()


def _entries_of_whole(text: str) -> tuple[Entry, ...]:
    reader = _Reader(parsed(text, parse_roughly))
    return reader.sorted_entries() if reader.knows_places() else entries_of(parsed(text))


def _entries_of_excerpt(layout: Layout, seen: Sightings) -> tuple[Entry, ...]:
    """The same answer as that of the whole text: see ``transforms.syntax.excerpt``."""
    text, words = layout.text, frozenset(seen.words)
    outside = bound_from_within(text)
    # Who enters a semaphore counts, whatever else is done there: see ``Evidence.gated``.
    holders = likely_holders(text, ("Semaphore",))
    while outside is not None:
        hits = word_hits(layout, words | _WATCHED | holders, _WATCHED | holders)
        part = excerpt(layout, (*seen.chains, *seen.mentions, *hits), words | _BROUGHT_BY_STARS)
        if part is None:
            break
        try:
            found = parse_roughly(part.text, watch=_WATCHED)
        except ParseError:
            break
        if not (outside | part.left_out).isdisjoint(words | ROOTS | found.names.spellings(ROOTS)):
            break
        reader = _Reader(found)
        aliases = found.names.spellings(_PRIMITIVES)
        if aliases <= words and reader.holders.keys() <= holders:
            return reader.sorted_entries() if reader.knows_places() else entries_of(parsed(text))
        words, holders = words | aliases, holders | reader.holders.keys()
    return _entries_of_whole(text)


def check_syntax(text: str) -> None:
    """Parse a source text, for the errors in it.

    Raises:
        SourceError: the text does not parse.
    """
    parsed(text)


def parsed(text: str, parser: Callable[..., Parsed] = parse) -> Parsed:
    """A whole text, parsed for ``entries_of``.

    Raises:
        SourceError: the text does not parse.
    """
    try:
        return parser(text, watch=_WATCHED)
    except ParseError as error:
        raise SourceError(str(error), error.line) from error


# -- reading

_CALLS: Mapping[str, Kind] = MappingProxyType(
    {
        "asyncio.BoundedSemaphore": "semaphore",
        "asyncio.Event": "event",
        "asyncio.Semaphore": "semaphore",
        "asyncio.gather": "gather",
        "asyncio.sleep": "sleep",
        "asyncio.to_thread": "to-thread",
        "asyncio.wait_for": "wait-for",
        "aiolimiter.AsyncLimiter": "limiter",
        "tenacity.AsyncRetrying": "retry-block",
        "tenacity.Retrying": "retry-block",
        "tenacity.retry": "retry-decorator",
    }
)


def _split(origin: str) -> tuple[str, str]:
    root, _, name = origin.partition(".")
    return root, name


_PRIMITIVES = frozenset({*_CALLS, "tenacity.TryAgain"})
_WATCHED = frozenset({"run_in_executor", "_value"})
_WORTH_AN_EXCERPT = 12_000
"""Characters. Below, all of the file is parsed, and so an error anywhere in it is found."""
_EXECUTOR = "run_in_executor"
_NAMES_BY_MODULE = {
    module: frozenset(name for root, name in map(_split, _PRIMITIVES) if root == module)
    for module in ROOTS
}
_BROUGHT_BY_STARS = frozenset().union(ROOTS, *PUBLIC.values())
_BYTES_BY_MODULE = tuple(
    (module.encode(), tuple(map(str.encode, sorted(names))))
    for module, names in _NAMES_BY_MODULE.items()
)
_SEMAPHORES = frozenset({"asyncio.BoundedSemaphore", "asyncio.Semaphore"})
_Parameters = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A primitive's node, before it has a position."""

    kind: Kind
    node: ast.expr | ast.stmt
    parameters: _Parameters = ()
    inside: ast.AST | None = None
    """The node whose enclosing function counts, if it is not the node's own."""


class _Reader:
    """Finds the primitives of one parsed file."""

    def __init__(self, parsed: Parsed) -> None:
        self._parsed = parsed
        self._names: Names = parsed.names

    def knows_places(self) -> bool:
        """False: where some primitive stands is not sure, see ``parse_roughly``."""
        return all(self._parsed.is_placed(one.node) for one in self._found)

    def sorted_entries(self) -> tuple[Entry, ...]:
        """All of them, each once: a wave may follow two others."""
        return tuple(sorted(dict.fromkeys(self._entries())))

    def _entries(self) -> Iterator[Entry]:
        evidence = Evidence(self._names, self._loops, self.holders)
        for one in self._found:
            if self._names.runs(one.node):
                code = likely_rule(one.kind, one.node, evidence)
                yield Entry(self._primitive(one), code)

    @cached_property
    def _found(self) -> tuple[_Found, ...]:
        return tuple(self._all_found())

    def _all_found(self) -> Iterator[_Found]:
        for use in self._uses:
            yield from self._of_use(use)
        for attribute in self._names.watched:
            yield from self._of_attribute(attribute)
        for loop in {loop.node: loop for loop in self._loops.values()}.values():
            yield _Found(loop.kind, loop.node, self._of_loop(loop))
        for chain in self._chains:
            yield from self._of_chain(chain)

    def _primitive(self, found: _Found) -> Primitive:
        inside = self._names.function(found.inside or found.node)
        if isinstance(found.inside, FunctionNode):
            inside = found.inside
        function = self._names.qualified_name(inside) if inside is not None else None
        return Primitive(*self._parsed.span(found.node), found.kind, function, found.parameters)

    @cached_property
    def _uses(self) -> tuple[Use, ...]:
        return self._names.uses()

    # calls

    def _of_use(self, use: Use) -> Iterator[_Found]:
        parent = self._names.parent(use.node)
        call = parent if isinstance(parent, ast.Call) and parent.func is use.node else None
        expression: ast.expr = call or use.node
        decorated = self._names.parent(expression)
        if use.origin == "tenacity.TryAgain":
            if isinstance(decorated, ast.Raise) and decorated.exc is expression:
                yield _Found("try-again", expression)
        elif use.origin == "tenacity.retry" and _decorates(expression, decorated):
            yield _Found("retry-decorator", expression, self._of_call(use, call), decorated)
        elif use.origin in _CALLS and call is not None:
            yield _Found(_CALLS[use.origin], call, self._of_call(use, call))

    def _of_call(self, use: Use, call: ast.Call | None) -> _Parameters:
        if call is None:
            return ()
        match _CALLS[use.origin]:
            case "semaphore":
                kind = use.origin.partition(".")[2]
                bounded = [("class", kind)] if kind != "Semaphore" else []
                return (("limit", self._text(_argument(call, 0, "value"), "1")), *bounded)
            case "limiter":
                calls = self._text(_argument(call, 0, "max_rate"), "?")
                period = self._text(_argument(call, 1, "time_period"), "60")
                return (("calls", calls), ("seconds", period))
            case "sleep":
                return self._given(call, (0, "delay", "seconds"), (1, "result", "result"))
            case "wait-for":
                return self._given(call, (1, "timeout", "timeout"))
            case "to-thread":
                return self._given(call, (0, "func", "call"))
            case "gather":
                return self._of_gather(call)
            case "retry-decorator" | "retry-block":
                return self._of_retry(call)
        return ()

    def _given(self, call: ast.Call, *wanted: tuple[int, str, str]) -> _Parameters:
        """The arguments that are there: their place, their keyword, what we call them."""
        arguments = [(label, _argument(call, place, name)) for place, name, label in wanted]
        return tuple((label, self._text(value)) for label, value in arguments if value is not None)

    def _of_gather(self, call: ast.Call) -> _Parameters:
        stars = [one.value for one in call.args if isinstance(one, ast.Starred)]
        over = ", ".join(map(self._text, stars))
        counted = ("over", over) if stars else ("calls", str(len(call.args)))
        flag = _argument(call, None, "return_exceptions")
        return (counted, ("return_exceptions", self._text(flag))) if flag else (counted,)

    def _of_retry(self, call: ast.Call) -> _Parameters:
        options = tuple(
            (one.arg, self._text(one.value)) for one in call.keywords if one.arg is not None
        )
        attempts = [
            ("attempts", self._text(value))
            for node in ast.walk(call)
            if isinstance(node, ast.Call)
            and self._names.resolve(node.func) == "tenacity.stop_after_attempt"
            and (value := _argument(node, 0, "max_attempt_number")) is not None
        ]
        return (*attempts[:1], *options)

    # attributes

    def _of_attribute(self, node: ast.Attribute) -> Iterator[_Found]:
        parent = self._names.parent(node)
        if node.attr == "run_in_executor":
            if isinstance(parent, ast.Call) and parent.func is node:
                executor = _argument(parent, 0, "executor")
                if isinstance(executor, ast.Constant) and executor.value is None:
                    given = self._given(parent, (1, "func", "call"))
                    yield _Found("run-in-executor", parent, given)
        elif isinstance(node.ctx, ast.Store) and self._holds_semaphore(node.value):
            value = getattr(parent, "value", None)
            limit = self._text(value) if isinstance(value, ast.expr) else "?"
            yield _Found("semaphore-value", node, (("limit", limit),))

    @cached_property
    def holders(self) -> Mapping[str, tuple[ast.AST, ...]]:
        """Variables and attributes that hold a semaphore, by name: the uses that say so."""
        holders: dict[str, tuple[ast.AST, ...]] = {}
        for use in self._uses:
            name = _holder(self._names, use.node) if use.origin in _SEMAPHORES else None
            if name is not None:
                holders[name] = (*holders.get(name, ()), use.node)
        return holders

    def _holds_semaphore(self, node: ast.expr) -> bool:
        match node:
            case ast.Attribute(attr=name):
                return name in self.holders
            case ast.Name(id=name) if name in self.holders:
                return True
            case ast.Name():
                bound = map(self._names.parent, self._names.bindings(node))
                return any(
                    isinstance(one, ast.Assign)
                    and isinstance(one.value, ast.Attribute)
                    and one.value.attr in self.holders
                    for one in bound
                )
        return False

    # loops and waves

    @cached_property
    def _loops(self) -> Mapping[ast.AST, RetryLoop]:
        """The hand-made retry loop around each sleep that has one."""
        calls = (self._names.parent(u.node) for u in self._uses if u.origin == "asyncio.sleep")
        found = (retry_loop(self._names, call) for call in calls if isinstance(call, ast.Call))
        return {loop.sleep: loop for loop in found if loop is not None}

    def _of_loop(self, loop: RetryLoop) -> _Parameters:
        attempts = bound(loop.node)
        given = [("exception", exception_name(loop.handler.type))]
        if attempts is not None:
            given.append(("attempts", self._text(attempts)))
        return (*given, *self._given(loop.sleep, (0, "delay", "seconds")))

    @cached_property
    def _chains(self) -> tuple[Chain, ...]:
        return tuple(chains(self._names)) if may_hold_chain(self._parsed.text) else ()

    def _of_chain(self, chain: Chain) -> Iterator[_Found]:
        for wave in chain.waves:
            name = [("name", wave.target.id)] if wave.target is not None else []
            yield _Found("wave", self._place_of(wave), (("wave", str(wave.ordinal)), *name))
        for call in chain.checkpoints:
            yield _Found("checkpoint", call, (("call", self._text(call.func)),))

    def _place_of(self, wave: Wave) -> ast.expr:
        """The call; the target where the call is a primitive of its own (``gather``)."""
        own = self._names.resolve(wave.call.func) in _CALLS or (
            isinstance(wave.call.func, ast.Attribute) and wave.call.func in self._names.watched
        )
        return wave.target if own and wave.target is not None else wave.call

    def _text(self, node: ast.expr | None, default: str = "") -> str:
        return default if node is None else self._parsed.source(node)


# -- small questions about single nodes


def _argument(call: ast.Call, place: int | None, name: str) -> ast.expr | None:
    """An argument by its keyword or its place; None if it is not there, or behind a ``*``."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if place is None or place >= len(call.args):
        return None
    before: Iterable[ast.expr] = call.args[: place + 1]
    return None if any(isinstance(one, ast.Starred) for one in before) else call.args[place]


def _decorates(expression: ast.expr, parent: ast.AST | None) -> bool:
    return isinstance(parent, FunctionNode) and expression in parent.decorator_list


def _holder(names: Names, node: ast.AST) -> str | None:
    """The name that an expression is stored under, or that it annotates."""
    for parent, child in names.ancestors(node):
        match parent:
            case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)]):
                return name
            case ast.AnnAssign(target=ast.Name(id=name) | ast.Attribute(attr=name)):
                return name
            case ast.NamedExpr(target=ast.Name(id=name)):
                return name
            case ast.arg(arg=name):
                return name
            case ast.Call() if parent.func is not child:
                return None
            case ast.stmt() | ast.comprehension() | ast.Lambda():
                return None
    return None
