"""A chain of waves written as a pipeline: its sources, its steps and its stages.

By the time it is written, other rules have edited the waves and what stands between them: a wave
that became ``await last_value_from(…)`` gives its observable to the chain, and a line that was
marked is lifted into a stage. So everything is read from the updated statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import libcst as cst

from transforms.syntax.chain import Chain, Wave, awaited_into, is_asyncio
from transforms.syntax.flow import Flow
from transforms.syntax.imports import variables
from transforms.syntax.layout import Call, Comprehension, Item, Pipe, Prefixed, awaited, flat
from transforms.syntax.lifetimes import is_plain
from transforms.syntax.marks import is_lifted
from transforms.syntax.pieces import one_line
from transforms.syntax.result_types import ResultTypes
from transforms.syntax.scopes import bound_here, contains
from transforms.syntax.source import Source
from transforms.syntax.stability import is_bound_once, is_own_method
from transforms.syntax.steps import (
    Writer,
    awaits,
    emitted,
    emitted_argument,
    giving_observables,
    has_comment,
    reads,
    returns,
    returns_value,
    with_gap,
)

_Nodes = Sequence[cst.CSTNode]


def rewritten_block(source: Source, chain: Chain, block: cst.IndentedBlock) -> cst.IndentedBlock:
    """The block with the chain in the place of its waves."""
    body = list(block.body)
    first = _index_of(body, chain.waves[0])
    last = first
    for wave in chain.waves[1:]:
        last += 1 + _index_of(body[last + 1 :], wave)
    end = len(body) if chain.ending == "rest" else last + 1
    written = _Composer(source, chain).compose(body[first], body[first + 1 : end])
    return block.with_changes(body=[*body[:first], *written, *body[end:]])


def _index_of(statements: _Nodes, wave: Wave) -> int:
    return next(i for i, each in enumerate(statements) if awaited_into(each) == (wave.name,))


@dataclass
class _Stages:
    """The stages of a pipeline, and the functions that have to be defined above it."""

    functions: list[cst.CSTNode] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)


@dataclass(frozen=True)
class _Level:
    """Where something is written: its column, and what the functions around it bind."""

    margin: int
    bound: frozenset[str]


class _Composer:
    """Composes the pipeline of one chain."""

    def __init__(self, source: Source, chain: Chain) -> None:
        self._source = source
        self._chain = chain
        self._writer = Writer(source)
        self._types = ResultTypes(source, chain.function)
        self._taken = _names_around(source, chain.function)

    def compose(self, head: cst.CSTNode, moved: _Nodes) -> list[cst.CSTNode]:
        """What takes the place of the first wave and of all that moves."""
        first = self._chain.waves[0]
        level = _Level(self._source.span(first.statement)[1], self._chain.moved.outer)
        name = self._free(first.stem, f"{first.stem}_source")
        stages = self._behind(0, moved, level)
        observable = self._observable(first, head)
        trailing = getattr(head, "trailing_whitespace", None)
        if not stages.functions and not (trailing is not None and has_comment(trailing)):
            whole = self._whole(Pipe(observable, tuple(stages.items)), moved, level)
            return [whole.with_changes(leading_lines=getattr(head, "leading_lines", ()))]
        opening = self._writer.line(f"{name} = ", observable, level.margin, head)
        whole = self._whole(Pipe(name, tuple(stages.items)), moved, level)
        return [opening, *stages.functions, with_gap(whole)]

    def _whole(self, pipeline: Pipe, moved: _Nodes, level: _Level) -> cst.SimpleStatementLine:
        """The statement that awaits the pipeline."""
        head = ""
        if self._chain.ending == "value":
            head = self._target(moved[-1])
        elif self._chain.ending == "return" or returns_value(moved):
            head = "return "
        return self._writer.line(head, awaited(pipeline), level.margin)

    def _target(self, statement: cst.CSTNode) -> str:
        """``name = `` or ``name: int = ``."""
        assert isinstance(statement, cst.SimpleStatementLine)
        (small,) = statement.body
        assert isinstance(small, cst.Assign | cst.AnnAssign)
        assert small.value is not None
        code = self._source.code(small)
        return code[: len(code) - len(self._source.code(small.value))]

    # stages

    def _behind(self, number: int, statements: _Nodes, level: _Level) -> _Stages:
        """What follows wave ``number``: the writes, and the step that leads to the next wave."""
        stages = _Stages()
        end = _index_of(statements, self._chain.waves[number + 1])
        start = 0
        for at in (i for i in range(end) if is_lifted(statements[i])):
            before, later = statements[start:at], statements[at + 1 :]
            if not self._stands_alone(before, later):
                done = _word(_awaited(statements[start - 1])) if start else ""
                self._add_inner(stages, number, before, statements[at:], level, done)
                return stages
            self._add_write(stages, number, before, statements[at], level)
            start = at + 1
        self._add_step(stages, number, statements[start:end], statements[end:], level)
        return stages

    def _stands_alone(self, statements: _Nodes, later: _Nodes) -> bool:
        """Whether nothing behind needs what the statements bind, and they do not return."""
        bound = _bound(statements)
        if returns(statements) or not bound.isdisjoint(reads(later) | self._chain.held):
            return False
        return bound & self._chain.moved.shared <= self._chain.moved.outer

    def _add_write(
        self, stages: _Stages, number: int, before: _Nodes, statement: cst.CSTNode, level: _Level
    ) -> None:
        """``do_action(…)``."""
        call = _awaited(statement)
        given = self._parameter(number, (*before, statement), level)
        stage = Call("do_action", (self._called_with(given, call, emitted(self._source, call)),))
        if before or has_comment(statement) or awaits([call]) or not self._fits(stage, level):
            name = self._free(_word(call), f"{_word(call)}_after_{self._chain.waves[number].stem}")
            body = [*before, statement]
            self._define(stages, name, number, body, level, gives="None")
            stage = Call("do_action", (name,))
        stages.items.append(stage)

    def _called_with(self, given: str, call: cst.BaseExpression, item: Item) -> Item:
        """``save`` for ``save(given)`` where that is settled by now, else a lambda."""
        match call:
            case cst.Call(func=func, args=[cst.Arg(value=cst.Name(value=only), star="")]):
                is_plain = only == given and call.args[0].keyword is None
                if is_plain and self._is_settled(func):
                    return one_line(self._source, func)
        return Prefixed(f"lambda {given}: ", item)

    def _fits(self, stage: Item, level: _Level) -> bool:
        """Whether the stage stands on one line, where stages stand."""
        room = self._source.line_length - level.margin - 3 * len(self._writer.indent)
        return len(flat(stage)) < room

    def _add_inner(
        self,
        stages: _Stages,
        number: int,
        before: _Nodes,
        rest: _Nodes,
        level: _Level,
        done: str,
    ) -> None:
        """A step that decides: what stands in front of the writes, then a pipeline of its own."""
        wave = self._chain.waves[number]
        name = self._free(f"after_{done or wave.stem}")
        given = self._parameter(number, (*before, *rest, cst.Expr(_name(wave))), level)
        inner = self._within(level, before, given)
        following = self._behind(number, rest, inner)
        source = f"rx.of({wave.name})"
        last = self._writer.line("return ", Pipe(source, tuple(following.items)), inner.margin)
        body = [*giving_observables(before), *following.functions, with_gap(last)]
        self._define(stages, name, number, body, level, own=before, param=given)
        stages.items.append(Call("concat_map", (name,)))

    def _add_step(
        self, stages: _Stages, number: int, before: _Nodes, rest: _Nodes, level: _Level
    ) -> None:
        """``concat_map(…)`` with the next wave, or with all that is left."""
        wave = self._chain.waves[number + 1]
        if wave is self._chain.waves[-1]:
            if self._chain.ending == "rest":
                self._add_rest(stages, number, (*before, *rest), level)
            else:
                self._add_wave(stages, number, before, rest[0], level)
            return
        own = self._chain.waves[number].name
        needed = reads(rest[1:])
        if self._stands_alone(before, rest[1:]) and own not in needed:
            self._add_wave(stages, number, before, rest[0], level)
            following = self._behind(number + 1, rest[1:], level)
            stages.functions += following.functions
            stages.items += following.items
            return
        self._add_nested_wave(stages, number, before, rest, level)

    def _add_wave(
        self, stages: _Stages, number: int, before: _Nodes, statement: cst.CSTNode, level: _Level
    ) -> None:
        """A step that ends in giving the next wave as an observable."""
        wave = self._chain.waves[number + 1]
        observable = self._observable(wave, statement)
        given = self._parameter(number, (*before, statement), level)
        call = _awaited(statement)
        if not before and not has_comment(statement) and not awaits([call]):
            stage = Call("concat_map", (self._called_with(given, call, observable),))
            if isinstance(observable, Call) or self._fits(stage, level):
                stages.items.append(stage)
                return
        inner = self._within(level, before, given)
        last = self._writer.line("return ", observable, inner.margin, statement)
        body = [*giving_observables(before), last]
        name = self._free(wave.stem, f"run_{wave.stem}")
        gives = self._types.of(wave.statement, wave.call)
        if self._chain.ending == "return" and wave is self._chain.waves[-1]:
            gives = self._types.returned
        self._define(stages, name, number, body, level, own=before, param=given, gives=gives)
        stages.items.append(Call("concat_map", (name,)))

    def _is_settled(self, func: cst.BaseExpression) -> bool:
        """Whether it can be looked up before the wave that it waits for."""
        if self._source.parent(func) is None:
            return False  # another rule's code
        if isinstance(func, cst.Attribute):
            return is_own_method(self._source, func)
        return isinstance(func, cst.Name) and is_bound_once(self._source, func)

    def _add_nested_wave(
        self, stages: _Stages, number: int, before: _Nodes, rest: _Nodes, level: _Level
    ) -> None:
        """A step whose wave is followed by more that needs the step's variables."""
        wave = self._chain.waves[number + 1]
        given = self._parameter(number, (*before, *rest), level)
        name = self._free(wave.stem, f"run_{wave.stem}")
        inner = self._within(level, before, given)
        following = self._behind(number + 1, rest[1:], inner)
        observable = self._observable(wave, rest[0])
        body = list(giving_observables(before))
        if following.functions:
            source = self._free(f"{wave.stem}_source")
            opening = self._writer.line(f"{source} = ", observable, inner.margin, rest[0])
            body += [opening, *following.functions]
            pipeline = Pipe(source, tuple(following.items))
            body.append(with_gap(self._writer.line("return ", pipeline, inner.margin)))
        else:
            pipeline = Pipe(observable, tuple(following.items))
            body.append(self._writer.line("return ", pipeline, inner.margin, rest[0]))
        self._define(stages, name, number, body, level, own=before, param=given)
        stages.items.append(Call("concat_map", (name,)))

    def _add_rest(self, stages: _Stages, number: int, rest: _Nodes, level: _Level) -> None:
        """The last step: the wave and all that stands behind it."""
        wave = self._chain.waves[number + 1]
        body: list[cst.CSTNode] = list(rest)
        gives: str | None = "None"
        if returns_value(rest):
            body = giving_observables(body)
            if Flow().run(rest) is not None:
                body.append(self._writer.line("return ", "rx.of(None)", level.margin))
            gives = None
        name = self._free(wave.stem, f"run_{wave.stem}")
        self._define(stages, name, number, body, level, own=rest, gives=gives)
        stages.items.append(Call("concat_map", (name,)))

    # pieces

    def _observable(self, wave: Wave, statement: cst.CSTNode) -> Item:
        """The wave as an observable."""
        call = _awaited(statement)
        given = _awaited_observable(call)
        if given is not None and _gives_one(given):
            return emitted(self._source, given)
        is_kept = given is not None or is_asyncio(self._source, wave.call)
        if is_kept or not isinstance(call, cst.Call) or self._lets_go(wave.call):
            return Call("from_async", (Prefixed("lambda: ", emitted(self._source, call)),))
        items = tuple(_in_a_list(emitted_argument(self._source, each)) for each in call.args)
        return Call("from_async", (one_line(self._source, call.func), *items))

    def _lets_go(self, call: cst.Call) -> bool:
        """Whether the call is given something that lives no longer than it runs."""
        if contains(call, cst.Await, cst.NamedExpr) or "super" in reads([call]):
            return False
        given = all(is_plain(self._source, each.value) for each in call.args)
        return not given or contains(call.func, cst.Call)

    def _parameter(self, number: int, body: _Nodes, level: _Level) -> str:
        """The name under which a step takes the result of wave ``number``."""
        name = self._chain.waves[number].name
        assert name is not None
        used = reads(body) | _bound(body)
        is_free = name not in level.bound or name not in self._chain.moved.shared
        if name in used and is_free:
            return name
        return next(each for each in ("_", "_ignored", "_given") if each not in used)

    def _within(self, level: _Level, own: _Nodes, given: str) -> _Level:
        margin = level.margin + len(self._writer.indent)
        return _Level(margin, level.bound | _bound(own) | {given})

    def _define(
        self,
        stages: _Stages,
        name: str,
        number: int,
        body: _Nodes,
        level: _Level,
        *,
        own: _Nodes | None = None,
        param: str | None = None,
        gives: str | None = None,
    ) -> None:
        """Add the function. ``own`` are the statements whose variables it binds itself."""
        own = body if own is None else own
        param = self._parameter(number, body, level) if param is None else param
        annotated, returned = self._annotations(number, param, gives)
        shared = self._chain.moved.shared & _bound(own) & level.bound - {param}
        lines = [*self._nonlocal(sorted(shared)), *body]
        function = self._writer.function(name, annotated, returned, lines, level.margin)
        stages.functions.append(with_gap(function))

    def _nonlocal(self, names: Sequence[str]) -> list[cst.CSTNode]:
        if not names:
            return []
        return [cst.SimpleStatementLine([cst.Nonlocal([cst.NameItem(cst.Name(n)) for n in names])])]

    def _annotations(self, number: int, param: str, gives: str | None) -> tuple[str, str]:
        wave, last = self._chain.waves[number], self._chain.waves[-1]
        known = self._types.of(wave.statement, wave.call)
        taken = known if param == wave.name else "object"
        final = self._types.returned
        if self._chain.ending == "value":
            final = self._types.of(last.statement, last.call)
        result = gives if gives == "None" else f"rx.Observable[{gives or final}]"
        if self._types.returned is None or taken is None or (gives or final) is None:
            return param, ""
        return f"{param}: {taken}", f" -> {result}"

    def _free(self, *wanted: str) -> str:
        """The first of the names that nobody has; it is taken from now on."""
        numbered = (f"{wanted[-1]}_{count}" for count in range(2, 1000))
        name = next(each for each in (*wanted, *numbered) if each not in self._taken)
        self._taken.add(name)
        return name


# --- small questions -----------------------------------------------------------------------


def _names_around(source: Source, function: cst.FunctionDef) -> set[str]:
    """All that is named in the top-level statement that holds the function."""
    around = [each for each in source.ancestors(function) if not isinstance(each, cst.Module)]
    return variables(around[-1] if around else function)


def _word(call: cst.BaseExpression) -> str:
    """``save`` of ``self._store.save(…)``."""
    func = call.func if isinstance(call, cst.Call) else call
    word = func.attr if isinstance(func, cst.Attribute) else func
    return word.value.strip("_") if isinstance(word, cst.Name) else "write"


def _name(wave: Wave) -> cst.Name:
    assert wave.name is not None
    return cst.Name(wave.name)


def _bound(statements: _Nodes) -> frozenset[str]:
    return frozenset().union(*(bound_here(each) for each in statements))


def _awaited(statement: cst.CSTNode) -> cst.BaseExpression:
    """``call`` of ``await call``, ``name = await call`` and ``return await call``."""
    assert isinstance(statement, cst.SimpleStatementLine)
    value = getattr(statement.body[0], "value", None)
    assert isinstance(value, cst.Await)
    return value.expression


def _awaited_observable(call: cst.BaseExpression) -> cst.BaseExpression | None:
    match call:
        case cst.Call(
            func=cst.Name(value="last_value_from"),
            args=[cst.Arg(keyword=None, star="", value=value)],
        ):
            return value
    return None


_GIVE_ONE = frozenset(
    {"ops.to_list", "ops.last", "ops.first", "from_async", "from_awaitable", "rx.from_callable"}
    | {"fork_join"}
)
_KEEP_ONE = frozenset({"in_executor", "in_thread", "retry_when", "timeout"})


def _gives_one(node: cst.BaseExpression) -> bool:
    """Whether the observable emits one value at most."""
    match node:
        case cst.Call(func=cst.Attribute(value=piped, attr=cst.Name(value="pipe")), args=args):
            if not args or not isinstance(args[-1].value, cst.Call):
                return False
            word = _dotted(args[-1].value.func)
            rest = node.with_changes(args=args[:-1])
            keeps_one = word.rpartition(".")[2] in _KEEP_ONE
            before = rest if len(args) > 1 else piped
            return word in _GIVE_ONE or (keeps_one and _gives_one(before))
        case cst.Call(func=func):
            return _dotted(func) in _GIVE_ONE
    return False


def _dotted(node: cst.BaseExpression) -> str:
    match node:
        case cst.Attribute(value=value, attr=attr):
            return f"{_dotted(value)}.{attr.value}"
        case cst.Name(value=value):
            return value
    return ""


def _in_a_list(item: Item) -> Item:
    """A generator that was the only argument, among others."""
    if isinstance(item, Comprehension) and not item.brackets:
        return Comprehension(item.element, item.clauses, "()")
    return item
