"""Launches work at a pace by pairing items with the ticks of a timer, then gathers it.

Recognises:
    A loop that sleeps before each launch but the first (or after each but the last), starts a
    task, and appends it to a list; the next statement awaits ``asyncio.gather(*tasks)``::

        tasks = []
        for i, row in enumerate(rows):
            if i > 0:
                await asyncio.sleep(delay)
            tasks.append(asyncio.create_task(upload(row)))
        results = await asyncio.gather(*tasks)

Emits:
    ``rx.zip(rx.from_iterable(rows), rx.timer(0, delay))`` gives each item its tick;
    ``ops.starmap`` launches; ``ops.to_list()`` holds the tasks back until the last one is
    launched and ``ops.flat_map(rx.from_iterable)`` lets them go; then our ``flat_map`` awaits
    them by ``asyncio.gather``'s rules.

Keeps:
    Result order: that of the items.
    First error: seen when all are launched, as the ``gather`` behind the loop saw it; what
        making a call raises is raised at once.
    Siblings: launched tasks go on after an error, and while later ones wait.
    Cancellation: during the launches the wait ends and what was launched runs on, as before;
        afterwards all tasks are cancelled as ``asyncio.gather`` does it.
    Timing: the first launch is immediate; each further one comes ``delay`` after the one
        before, however late that was.
    Context: each task gets a copy of the context that the loop would have given it.

Refuses:
    waits-before-first: it sleeps before the first launch, too.
    waits-after-last: it sleeps after the last launch, too.
    launch-unclear: a round does more than start one task, or the call cannot stand in a lambda,
        or asks for the task or sets the context that it is made in.
    items-may-change: the loop's collection may be lazy, or be changed during the waits. A
        collection is safe if it is made here, or a parameter that is annotated as one, and is
        only read here.
    delay-unsteady: the wait may differ from round to round, or may be None.
    tasks-used-elsewhere: the list of tasks is used for more than the gather.
    loop-variable-used: a variable of the loop is read behind it.
    no-gather-behind: the next statement is no awaited ``asyncio.gather(*tasks)``.
    A stagger that is refused is left to RX208 (its sleep) and RX202 (its gather).

Example:
    stagger/upload_batch
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

import libcst as cst

from transforms.rule import Primitive, Refused, Rule, Site
from transforms.syntax.constants import number
from transforms.syntax.fan_out import (
    AwaitedGather,
    assigned,
    awaited_gather,
    evaluated_first,
    shows_variables,
)
from transforms.syntax.layout import Call, Item, Layout, Pipe, Prefixed, awaited
from transforms.syntax.pieces import one_line, pieces
from transforms.syntax.placement import placed
from transforms.syntax.removal import has_pragmas
from transforms.syntax.scopes import binds, contains, is_local, loaded, occurrences, walk
from transforms.syntax.source import Source
from transforms.syntax.stability import function_called
from transforms.syntax.steady import keeps_its_items, keeps_its_value

_Line = cst.SimpleStatementLine
_STARTERS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
_MINDING = frozenset({"current_task", "reset", "set"})
_FRAME = frozenset({"__class__", "dir", "eval", "exec", "locals", "super", "vars"})


@dataclass(frozen=True, kw_only=True, eq=False)
class _Loop:
    """``for index, item in enumerate(items)``; ``index`` is None where there is none."""

    statement: cst.For
    item: str
    index: str | None
    items: cst.BaseExpression


@dataclass(frozen=True, kw_only=True, eq=False)
class _Launch:
    """``tasks.append(call)``, where ``call`` starts a task; perhaps by way of a variable."""

    tasks: str
    call: cst.Call
    variable: str | None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Stagger(Site):
    loop: _Loop
    launch: _Launch
    delay: cst.BaseExpression
    made: _Line
    gather: AwaitedGather
    place: tuple[cst.BaseExpression, Item]
    """What is replaced by the pipeline, and by what."""


def find(source: Source) -> Iterator[Site | Refused]:
    for primitive, sleep in source.free_of_kind("sleep"):
        if isinstance(sleep, cst.Call):
            loop = _launching_loop(source, sleep)
            if loop is not None:
                yield _recognise(source, primitive, sleep, loop)


def _launching_loop(source: Source, sleep: cst.Call) -> cst.For | None:
    """The loop that the sleep stands in, if tasks are started in it."""
    loop = source.enclosing(sleep, cst.For, cst.While, cst.FunctionDef)
    if not isinstance(loop, cst.For) or not isinstance(source.parent(sleep), cst.Await):
        return None
    return loop if any(source.called(node) in _STARTERS for node in walk(loop.body)) else None


def _recognise(
    source: Source, primitive: Primitive, sleep: cst.Call, statement: cst.For
) -> Site | Refused:
    loop = _read_loop(source, statement)
    rounds = _rounds(source, sleep, statement)
    if loop is None or rounds is None:
        return Refused(primitive, "launch-unclear")
    pause, lines, comes_first = rounds
    launch = _read_launch(source, lines)
    if launch is None or not _fits_lambda(loop, launch) or _minds_its_task(source, launch):
        return Refused(primitive, "launch-unclear")
    if pause is None or not _spares_one(source, loop, launch, pause, comes_first):
        reason = "waits-before-first" if comes_first else "waits-after-last"
        return Refused(primitive, reason)
    delay = _delay(sleep)
    if delay is None:
        return Refused(primitive, "arguments-unclear", one_line(source, sleep))
    constant = number(delay)
    if constant is not None and constant <= 0:
        return Refused(primitive, "sleep-zero")
    gather = _gather_behind(source, statement, launch.tasks)
    if gather is None:
        return Refused(primitive, "no-gather-behind")
    owned = source.primitive_at(gather.call)
    made = _made(source, statement, launch, gather)
    if owned is None or made is None or shows_variables(gather.function):
        return Refused(primitive, "tasks-used-elsewhere", launch.tasks)
    if not keeps_its_items(source, loop.items, statement):
        return Refused(primitive, "items-may-change", one_line(source, loop.items))
    if not keeps_its_value(source, delay, statement):
        return Refused(primitive, "delay-unsteady", one_line(source, delay))
    used = _used_behind(source, gather.function, loop, launch)
    if used is not None:
        return Refused(primitive, "loop-variable-used", used)
    if has_pragmas(made, statement) or contains(gather.expression, cst.Comment):
        return Refused(primitive, "comment-in-the-way")
    stages = _pipeline(source, loop, launch, delay, gather)
    place = placed(source, gather.expression, awaited(stages))
    if place is None:
        return Refused(primitive, "inside-f-string")
    return _Stagger(
        primitives=(primitive, owned),
        rewrite="pipeline",
        operators=frozenset({"flat_map", "last_value_from"}),
        uses_rx=True,
        uses_ops=True,
        parameters=(("items", one_line(source, loop.items)), ("delay", one_line(source, delay))),
        touched=(made, statement, gather.statement, place[0]),
        consumed=(loop.items, delay, launch.call),
        loop=loop,
        launch=launch,
        delay=delay,
        made=made,
        gather=gather,
        place=place,
    )


# --- the loop ------------------------------------------------------------------------------


def _read_loop(source: Source, statement: cst.For) -> _Loop | None:
    if statement.asynchronous is not None or statement.orelse is not None:
        return None
    match statement.target, statement.iter:
        case cst.Name(value=item), items:
            return _Loop(statement=statement, item=item, index=_counted(items, item), items=items)
        case (
            cst.Tuple(
                elements=[
                    cst.Element(value=cst.Name(value=index)),
                    cst.Element(value=cst.Name(value=item)),
                ]
            ),
            cst.Call(
                func=cst.Name(value="enumerate"), args=[cst.Arg(keyword=None, star="") as arg]
            ),
        ) if index != item and not binds(source.module, "enumerate"):
            return _Loop(statement=statement, item=item, index=index, items=arg.value)
    return None


def _counted(items: cst.BaseExpression, item: str) -> str | None:
    """The item itself, where it counts from 0: ``for i in range(n)``."""
    match items:
        case cst.Call(func=cst.Name(value="range"), args=[cst.Arg(star="")]):
            return item
    return None


def _rounds(
    source: Source, sleep: cst.Call, loop: cst.For
) -> tuple[cst.If | None, tuple[cst.CSTNode, ...], bool] | None:
    """The ``if`` around the sleep, the other statements, and whether the sleep comes first.

    None where a round is of another shape.
    """
    body = tuple(loop.body.body)
    waiting = source.statement(sleep)
    around = source.enclosing(sleep, cst.If, cst.For)
    pause = around if isinstance(around, cst.If) else None
    outer = pause or waiting
    # ``if i: await asyncio.sleep(1)`` on one line is no statement in a block.
    line = pause.body if pause is not None and waiting is pause else waiting
    if not _is_only(line, sleep) or len(body) < 2 or outer not in (body[0], body[-1]):
        return None
    if pause is not None and (pause.orelse is not None or not _holds_only(pause, line)):
        return None
    return pause, tuple(each for each in body if each is not outer), body[0] is outer


def _is_only(line: cst.CSTNode | None, sleep: cst.Call) -> bool:
    """Whether the line is ``await asyncio.sleep(…)`` and nothing else."""
    match line:
        case (
            cst.SimpleStatementLine(body=[cst.Expr(value=cst.Await(expression=found))])
            | cst.SimpleStatementSuite(body=[cst.Expr(value=cst.Await(expression=found))])
        ):
            return found is sleep
    return False


def _holds_only(pause: cst.If, line: cst.CSTNode | None) -> bool:
    return pause.body is line or tuple(pause.body.body) == (line,)


def _delay(sleep: cst.Call) -> cst.BaseExpression | None:
    match sleep.args:
        case [cst.Arg(keyword=None | cst.Name(value="delay"), star="", value=value)]:
            return value
    return None


def _spares_one(
    source: Source, loop: _Loop, launch: _Launch, pause: cst.If, comes_first: bool
) -> bool:
    """Whether the ``if`` is true in each round but the first; for a sleep behind, but the last."""
    if binds(source.module, "len"):
        return False
    test = _squeezed(one_line(source, pause.test.with_changes(lpar=(), rpar=())))
    index, tasks = loop.index, launch.tasks
    if not comes_first:
        count = _count(source, loop)
        if index is None or count is None:
            return False
        return test in {f"{index}<{count}-1", f"{index}+1<{count}", f"{index}!={count}-1"}
    spare_first = {tasks, f"len({tasks})", f"len({tasks})>0"}
    if index is not None:
        spare_first |= {index, f"{index}>0", f"{index}>=1", f"{index}!=0", f"0<{index}"}
    return test in spare_first


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _count(source: Source, loop: _Loop) -> str | None:
    """How the number of rounds is spelled."""
    match loop.items:
        case cst.Name(value=name):
            return f"len({name})"
        case cst.Call(func=cst.Name(value="range"), args=[cst.Arg(star="", value=value)]):
            is_simple = isinstance(value, cst.Name | cst.Call)
            return _squeezed(one_line(source, value)) if is_simple else None
    return None


# --- the launch ----------------------------------------------------------------------------


def _read_launch(source: Source, lines: Sequence[cst.CSTNode]) -> _Launch | None:
    """``tasks.append(start(…))``, or ``task = start(…)`` and ``tasks.append(task)``."""
    appended = _appended(lines[-1])
    if appended is None:
        return None
    tasks, value = appended
    match value:
        case cst.Call() if len(lines) == 1 and _starts(source, value):
            return _Launch(tasks=tasks, call=value, variable=None)
        case cst.Name(value=name) if len(lines) == 2:
            call = assigned(lines[0], name)
            if isinstance(call, cst.Call) and _starts(source, call):
                return _Launch(tasks=tasks, call=call, variable=name)
    return None


def _appended(line: cst.CSTNode) -> tuple[str, cst.BaseExpression] | None:
    match line:
        case cst.SimpleStatementLine(
            body=[
                cst.Expr(
                    value=cst.Call(
                        func=cst.Attribute(
                            value=cst.Name(value=tasks), attr=cst.Name(value="append")
                        ),
                        args=[cst.Arg(keyword=None, star="", value=value)],
                    )
                )
            ]
        ):
            return tasks, value
    return None


def _starts(source: Source, call: cst.Call) -> bool:
    """``asyncio.create_task(f(…), name=…)``."""
    if source.called(call) not in _STARTERS or any(arg.star for arg in call.args):
        return False
    return bool(call.args) and isinstance(call.args[0].value, cst.Call)


def _fits_lambda(loop: _Loop, launch: _Launch) -> bool:
    """Whether the launch means the same in a lambda whose parameters are the loop's variables."""
    variables = {loop.item, loop.index, launch.variable}
    for node in walk(launch.call):
        match node:
            case cst.Await() | cst.Yield() | cst.NamedExpr():
                return False
            case cst.Name(value=name) if name in _FRAME or name == launch.tasks:
                return False
            # It would see the last item's value, as it always did; in a lambda it sees its own.
            case cst.Lambda() | cst.GeneratorExp() if not variables.isdisjoint(loaded(node)):
                return False
    return launch.variable not in loaded(launch.call)


def _minds_its_task(source: Source, launch: _Launch) -> bool:
    """Whether making the call asks which task it is in, or sets something in its context.

    From the second launch on, a timer makes it: in no task, and in a copy of the context.
    """
    nodes: list[cst.CSTNode] = [launch.call]
    started = launch.call.args[0].value
    assert isinstance(started, cst.Call)
    function = function_called(source, started.func)
    if function is not None and function.asynchronous is None:
        nodes.append(function.body)
    return any(_minds(each) for node in nodes for each in walk(node))


def _minds(node: cst.CSTNode) -> bool:
    match node:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=name)) | cst.Name(value=name)):
            return name in _MINDING or name.endswith("_contextvars")
    return False


# --- what stands around it -----------------------------------------------------------------


def _gather_behind(source: Source, loop: cst.For, tasks: str) -> AwaitedGather | None:
    """The gather over the tasks, awaited by the next statement before it does anything else."""
    block = source.block(loop)
    following = block[block.index(loop) + 1 :][:1] if loop in block else ()
    for statement in following:
        if isinstance(statement, cst.While | cst.With):
            return None
        for node in walk(statement, inner_functions=False):
            if source.called(node) != "asyncio.gather" or not isinstance(node, cst.Call):
                continue
            primitive = source.primitive_at(node)
            gather = awaited_gather(source, primitive, node) if primitive is not None else None
            if not isinstance(gather, AwaitedGather) or gather.statement is not statement:
                return None
            return gather if _awaits_all(source, gather, tasks) else None
    return None


def _awaits_all(source: Source, gather: AwaitedGather, tasks: str) -> bool:
    match gather.items:
        case [cst.Arg(star="*", value=cst.Name(value=name))] if name == tasks:
            # Evaluated with the pipeline, that is before the launches: a variable does not mind.
            is_fixed = isinstance(gather.exceptions, cst.Name | None)
            return is_fixed and evaluated_first(source, gather)
    return False


def _made(source: Source, loop: cst.For, launch: _Launch, gather: AwaitedGather) -> _Line | None:
    """``tasks = []``, if the list is there for this loop and its gather alone."""
    own = {each.node for each in occurrences(loop, launch.tasks)}
    own |= {each.node for each in occurrences(gather.call, launch.tasks)}
    others = [each for each in occurrences(gather.function, launch.tasks) if each.node not in own]
    if len(others) != 1 or others[0].role != "store":
        return None
    line = source.statement(others[0].node)
    match assigned(line, launch.tasks):
        case cst.List(elements=[]) | cst.Call(func=cst.Name(value="list"), args=[]):
            pass
        case _:
            return None
    block = source.block(loop)
    assert isinstance(line, _Line)
    return line if line in block and block.index(line) < block.index(loop) else None


def _used_behind(
    source: Source, function: cst.FunctionDef, loop: _Loop, launch: _Launch
) -> str | None:
    """A variable of the loop that is named anywhere else in the function."""
    inside = {node for node in walk(loop.statement) if isinstance(node, cst.Name)}
    for name in (loop.item, loop.index, launch.variable):
        if name is None:
            continue
        for each in occurrences(function, name):
            if each.node not in inside and not _is_bound_anew(source, each.node, function):
                return name
    return None


def _is_bound_anew(source: Source, name: cst.Name, function: cst.FunctionDef) -> bool:
    """Whether a loop, a comprehension or a function around it has a variable of its own."""
    child: cst.CSTNode = name
    for ancestor in source.ancestors(name):
        if ancestor is function:
            return False
        match ancestor:
            case cst.FunctionDef() | cst.Lambda():
                is_inside = child is ancestor.body or isinstance(source.parent(name), cst.Param)
                is_default = getattr(source.parent(name), "default", None) is name
                if is_inside and not is_default and is_local(ancestor, name.value):
                    return True
            case cst.For() if child is not ancestor.iter:
                if name.value in _variables(ancestor.target) and child is not ancestor.orelse:
                    return True
            case cst.ListComp() | cst.SetComp() | cst.DictComp() | cst.GeneratorExp():
                # The first iterable is evaluated outside.
                first = set(walk(ancestor.for_in.iter))
                if name.value in _variables(ancestor.for_in.target) and name not in first:
                    return True
        child = ancestor
    return False


def _variables(target: cst.CSTNode) -> frozenset[str]:
    return frozenset(node.value for node in walk(target) if isinstance(node, cst.Name))


# --- the edit ------------------------------------------------------------------------------


class _Transformer(cst.CSTTransformer):
    def __init__(self, source: Source, sites: Sequence[Site]) -> None:
        super().__init__()
        self._source = source
        staggers = [site for site in sites if isinstance(site, _Stagger)]
        self._places = dict(site.place for site in staggers)
        self._statements = {site.gather.statement: site for site in staggers}
        self._removed = {node for site in staggers for node in (site.made, site.loop.statement)}

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]:
        if original_node in self._removed:
            return cst.RemoveFromParent()
        if isinstance(original_node, cst.BaseExpression) and original_node in self._places:
            return Layout(self._source).replace(original_node, self._places[original_node])
        site = self._statements.get(original_node)  # type: ignore[call-overload]
        if site is not None:
            return updated_node.with_changes(leading_lines=_lines_above(self._source, site))
        return super().on_leave(original_node, updated_node)


def _pipeline(
    source: Source,
    loop: _Loop,
    launch: _Launch,
    delay: cst.BaseExpression,
    gather: AwaitedGather,
) -> Pipe:
    launched = Prefixed(f"lambda {_parameters(loop, launch)}: ", pieces(source, launch.call))
    options: tuple[str, ...] = ()
    if gather.exceptions is not None:
        options = (f"return_exceptions={one_line(source, gather.exceptions)}",)
    ticks = Call("rx.timer", ("0", pieces(source, delay)))
    return Pipe(
        Call("rx.zip", (Call("rx.from_iterable", (_items(source, loop.items),)), ticks)),
        (
            Call("ops.starmap", (launched,)),
            "ops.to_list()",
            "ops.flat_map(rx.from_iterable)",
            Call("flat_map", ("lambda task: task", *options)),
            "ops.to_list()",
        ),
    )


def _parameters(loop: _Loop, launch: _Launch) -> str:
    """The item and its tick, which counts as the loop's index did."""
    read = loaded(launch.call)
    index, item = loop.index, loop.item
    if index is not None and index != item and index in read:
        return f"{item}, {index}"
    free = [name for name in ("_", "tick", "turn") if name not in read and name != item]
    return f"{item}, {free[0]}"


def _items(source: Source, items: cst.BaseExpression) -> Item:
    is_bare_tuple = isinstance(items, cst.Tuple) and not items.lpar
    return f"({one_line(source, items)})" if is_bare_tuple else pieces(source, items)


def _lines_above(source: Source, site: _Stagger) -> tuple[cst.EmptyLine, ...]:
    """The gap above the removed statements, then all their comments, in their order."""
    loop = site.loop.statement
    block = source.block(loop)
    is_next = block.index(site.made) + 1 == block.index(loop)
    gap = (site.made if is_next else loop).leading_lines
    blanks = takewhile(lambda line: line.comment is None, gap)
    nodes: list[cst.CSTNode] = [site.made, loop]
    nodes += getattr(site.gather.statement, "leading_lines", ())
    comments = [each for node in nodes for each in walk(node) if isinstance(each, cst.Comment)]
    return (*blanks, *(cst.EmptyLine(comment=comment) for comment in comments))


RULE = Rule(
    code="RX207",
    name="stagger",
    tier=2,
    summary="launches at a pace become items paired with a timer's ticks",
    kinds=frozenset({"sleep"}),
    operators=frozenset({"flat_map", "last_value_from"}),
    find=find,
    transformer=_Transformer,
    doc=__doc__,
)
