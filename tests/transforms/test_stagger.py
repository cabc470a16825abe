"""RX207, in the small: what a stagger is, when its launches come, and what it is not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from codemods.rewrite import FileResult, Settings, rewrite
from codemods.verify.golden import execute, vendored
from codemods.verify.loop import VirtualLoop
from transforms import stagger

SETTINGS = Settings(rules=[stagger.RULE], operators_module="_operators", line_length=100)
STAGGER = """\
import asyncio


async def launch(items: {annotation}, delay: float, work):
    tasks = []
    for {loop}:
        {body}
    results = await asyncio.gather(*tasks)
    return results
"""
ROUND = (
    "if i > 0: await asyncio.sleep(delay)\n        tasks.append(asyncio.create_task(work(item)))"
)


def _text(
    *, loop: str = "i, item in enumerate(items)", body: str = ROUND, annotation: str = "list"
) -> str:
    return STAGGER.format(loop=loop, body=body, annotation=annotation)


@cache
def _rewrite(text: str) -> FileResult:
    return rewrite(text, "f.py", SETTINGS)


def _reason(text: str) -> str | None:
    result = _rewrite(text)
    (sleep,) = (site for site in result.sites if site.primitive.kind == "sleep")
    assert (result.after == result.before) == (sleep.reason is not None)
    return sleep.reason


# --- what it emits -------------------------------------------------------------------------


def test_items_meet_ticks_then_all_is_gathered() -> None:
    assert _rewrite(_text()).after.partition("work):\n")[2] == (
        "    results = await last_value_from(\n"
        "        rx.zip(rx.from_iterable(items), rx.timer(0, delay)).pipe(\n"
        "            ops.starmap(lambda item, _: asyncio.create_task(work(item))),\n"
        "            ops.to_list(),\n"
        "            ops.flat_map(rx.from_iterable),\n"
        "            flat_map(lambda task: task),\n"
        "            ops.to_list(),\n"
        "        )\n"
        "    )\n"
        "    return results\n"
    )


@pytest.mark.parametrize(
    ("loop", "body"),
    [
        ("item in items", ROUND.replace("i > 0", "tasks")),
        ("item in items", ROUND.replace("i > 0", "len(tasks) > 0")),
        ("i, item in enumerate(items)", ROUND.replace("i > 0", "i")),
        ("i, item in enumerate(items)", ROUND.replace("i > 0", "i != 0")),
        ("i, item in enumerate(items)", ROUND.replace("i > 0", "i >= 1")),
        ("i, item in enumerate(items)", ROUND.replace("i > 0", "(i>0)")),
        (
            "i, item in enumerate(items)",
            "tasks.append(asyncio.create_task(work(item)))\n"
            "        if i + 1 < len(items):\n            await asyncio.sleep(delay)",
        ),
    ],
)
def test_spellings_of_between(loop: str, body: str) -> None:
    assert "ops.starmap(lambda item, _: " in _rewrite(_text(loop=loop, body=body)).after


@pytest.mark.parametrize(
    ("call", "launch"),
    [
        ("work(item)", "lambda item, _: asyncio.create_task(work(item))"),
        ("work(item, i)", "lambda item, i: asyncio.create_task(work(item, i))"),
        ("work(item, _('x'))", "lambda item, tick: asyncio.create_task(work(item, _('x')))"),
        ("work(x for x in 'ab')", "lambda item, _: asyncio.create_task(work(x for x in 'ab'))"),
    ],
)
def test_the_tick_counts_where_the_index_did(call: str, launch: str) -> None:
    assert launch in _rewrite(_text(body=ROUND.replace("work(item)", call))).after


# --- when the launches come ----------------------------------------------------------------


def _launches(
    text: str, count: int, delay: float, blocked: float
) -> tuple[list[tuple[int, float]], object, float]:
    """Launch times, results and the end of a run in virtual time."""
    loop = VirtualLoop()
    started = loop.time()
    seen: list[tuple[int, float]] = []

    async def work(item: int) -> int:
        seen.append((item, loop.time() - started))
        if item % 3 == 1:
            loop.block_ns(round(blocked * 1e9))
        await asyncio.sleep(item / 7)
        return -item

    with vendored():
        subject = execute(compile(text, "f.py", "exec"), "f")
        results = loop.run_until_complete(subject.launch(list(range(count)), delay, work))
    ended = loop.time() - started
    loop.close()
    return seen, results, ended


@pytest.mark.parametrize("delay", [0.1, 1 / 3, 1, 2.5, 1e-7, 1e-9, 0, 0.0, -0.0, -1, False])
@pytest.mark.parametrize("blocked", [0.0, 0.05, 3.0], ids="blocked {}".format)
def test_launches_come_when_they_came(delay: float, blocked: float) -> None:
    before = _text()
    after = _rewrite(before).after
    for count in (0, 1, 2, 25):
        expected = _launches(before, count, delay, blocked)
        assert _launches(after, count, delay, blocked) == expected


@pytest.mark.parametrize("delay", [0.1, 1 / 3, 1])
def test_launch_k_comes_k_delays_after_the_first(delay: float) -> None:
    seen, *_ = _launches(_rewrite(_text()).after, 50, delay, 0.0)
    assert [item for item, _ in seen] == list(range(50))
    assert [when for _, when in seen] == pytest.approx([k * delay for k in range(50)], abs=1e-7)


def test_the_first_launch_is_made_before_anything_else_runs() -> None:
    loop = VirtualLoop()
    order: list[str] = []

    def work(item: int) -> Any:
        order.append(f"launch {item}")
        return asyncio.sleep(0)

    async def main(subject: Any) -> None:
        loop.call_soon(order.append, "others")
        await subject.launch([0, 1], 1, work)

    with vendored():
        subject = execute(compile(_rewrite(_text()).after, "f.py", "exec"), "f")
        loop.run_until_complete(main(subject))
    loop.close()
    assert order == ["launch 0", "others", "launch 1"]


def test_a_cancellation_with_the_last_launch_meets_the_gather() -> None:
    """The launch and the gather are one step, as they were: no task is left alone in between."""
    assert _cancelled_by_last_task(lambda text: text) == ["cancelled"]
    assert _cancelled_by_last_task(lambda text: _rewrite(text).after) == ["cancelled"]


def _cancelled_by_last_task(edit: Callable[[str], str]) -> list[str]:
    loop = VirtualLoop()
    ends: list[str] = []
    caller: list[asyncio.Task[Any]] = []

    async def work(item: int) -> None:
        if item == 1:
            caller[0].cancel()
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            if item == 1:
                ends.append("cancelled")
            raise
        ends.append("ended")

    async def main(subject: Any) -> None:
        caller.append(asyncio.create_task(subject.launch([0, 1], 5, work)))
        await asyncio.wait(caller)
        await asyncio.sleep(10)

    with vendored():
        subject = execute(compile(edit(_text()), "f.py", "exec"), "f")
        loop.run_until_complete(main(subject))
    loop.close()
    return [end for end in ends if end == "cancelled"]


# --- what it is not ------------------------------------------------------------------------

_UNSAFE_LAUNCHES = [
    "work(lambda: item)",
    "work(x for x in item)",
    "work(item, tasks)",
    "work(await item)",
    "work(last := item)",
    "super().work(item)",
    "work(locals())",
    "work(asyncio.current_task())",
]
_OTHER_ROUNDS = {
    "a log line": "print(item)\n        " + ROUND,
    "a callback": (
        "if i > 0: await asyncio.sleep(delay)\n        task = asyncio.create_task(work(item))\n"
        "        task.add_done_callback(print)\n        tasks.append(task)"
    ),
    "an else": (
        "if i > 0: await asyncio.sleep(delay)\n        else: print(1)\n"
        "        tasks.append(asyncio.create_task(work(item)))"
    ),
    "wrapped": (
        "if i > 0: await asyncio.sleep(delay)\n"
        "        tasks.append(wrapped(asyncio.create_task(work(item))))"
    ),
    "inserted": (
        "if i > 0: await asyncio.sleep(delay)\n"
        "        tasks.insert(0, asyncio.create_task(work(item)))"
    ),
}


@pytest.mark.parametrize("call", _UNSAFE_LAUNCHES)
def test_a_call_that_cannot_stand_in_a_lambda(call: str) -> None:
    assert _reason(_text(body=ROUND.replace("work(item)", call))) == "launch-unclear"


@pytest.mark.parametrize("statement", ["VAR.set(item)", "bind_contextvars(a=1)", "current_task()"])
def test_a_call_that_minds_its_task(statement: str) -> None:
    """A timer makes it: no task would be there, and the context would be a copy."""
    called = f"def start(item):\n    {statement}\n    return work(item)\n"
    text = _text(body=ROUND.replace("work(item)", "start(item)")) + called
    assert _reason(text) == "launch-unclear"
    assert _reason(text.replace("def start", "async def start")) is None


def test_variables_that_are_shown() -> None:
    text = _text().replace("return results", "return locals()")
    assert _reason(text) == "tasks-used-elsewhere"


def test_a_call_around_the_gather_is_laid_out_anew() -> None:
    text = _text().replace(
        "results = await asyncio.gather(*tasks)", "print(await asyncio.gather(*tasks))"
    )
    assert "    print(\n        await last_value_from(\n            rx.zip(" in _rewrite(text).after


@pytest.mark.parametrize("body", _OTHER_ROUNDS.values(), ids=_OTHER_ROUNDS)
def test_a_round_that_does_more(body: str) -> None:
    assert _reason(_text(body=body)) == "launch-unclear"


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("i > 1", "waits-before-first"),
        ("i % 2", "waits-before-first"),
        ("item", "waits-before-first"),
        ("delay", "waits-before-first"),
        ("not i", "waits-before-first"),
        ("i > 0 and delay", "waits-before-first"),
    ],
)
def test_another_condition(condition: str, reason: str) -> None:
    assert _reason(_text(body=ROUND.replace("i > 0", condition))) == reason


def test_an_index_that_counts_from_one() -> None:
    loop = "i, item in enumerate(items, 1)"
    assert _reason(_text(loop=loop)) == "launch-unclear"


@pytest.mark.parametrize(
    "annotation", ["Iterable", "Iterator[int]", "object", "'Any'", "AsyncIterable[int]"]
)
def test_items_of_an_unknown_kind(annotation: str) -> None:
    assert _reason(_text(annotation=annotation)) == "items-may-change"


@pytest.mark.parametrize(
    "annotation", ["list", "Sequence[int]", "t.Sequence[int]", "'list[int]'", "tuple[int, ...]"]
)
def test_items_that_are_a_collection(annotation: str) -> None:
    assert _reason(_text(annotation=annotation)) is None


@pytest.mark.parametrize(
    "items",
    ["self.items", "items()", "iter(items)", "items.values()", "map(str, items)", "open(x)"],
)
def test_items_that_may_be_lazy_or_shared(items: str) -> None:
    assert _reason(_text(loop=f"i, item in enumerate({items})")) == "items-may-change"


@pytest.mark.parametrize(
    "items",
    ["sorted(items)", "list(open(x))", "range(9)", "[*items]", "items[:3]", "(1, 2)", "{1}"],
)
def test_items_that_are_made_on_the_spot(items: str) -> None:
    assert _reason(_text(loop=f"i, item in enumerate({items})")) is None


@pytest.mark.parametrize(
    "line",
    [
        "store.items = items",
        "watch(items)",
        "def grow(): items.append(1)",
        "items = [*items, 1]",
        "items.append(1)",
        "alias = items",
        "pairs = [items]",
    ],
)
def test_a_parameter_that_others_may_reach(line: str) -> None:
    text = _text().replace("    tasks = []\n", f"    {line}\n    tasks = []\n")
    assert _reason(text) == "items-may-change"


@pytest.mark.parametrize(
    "line",
    ["print(len(items), items)", "logger.info('%s', items)", "total = sum(items)", "x = items[0]"],
)
def test_a_parameter_that_is_only_read(line: str) -> None:
    text = _text().replace("    tasks = []\n", f"    {line}\n    tasks = []\n")
    assert _reason(text) is None


def test_a_parameter_that_callers_of_this_file_share() -> None:
    call = "\n\nasync def main(self):\n    await launch(self.items, 1, print)\n"
    assert _reason(_text() + call) == "items-may-change"
    assert _reason(_text() + call.replace("self.items", "[1, 2]")) is None


@pytest.mark.parametrize(
    "line", ["await save(items, results)", "store.items = items", "items.clear()"]
)
def test_what_comes_after_does_not_matter(line: str) -> None:
    assert _reason(_text().replace("    return results", f"    {line}\n    return results")) is None


@pytest.mark.parametrize(
    "delay", ["delay()", "random.random()", "self.delay", "items[0]", "-delay", "delay / delay"]
)
def test_a_delay_that_may_vary(delay: str) -> None:
    assert _reason(_text().replace("sleep(delay)", f"sleep({delay})")) == "delay-unsteady"


@pytest.mark.parametrize("delay", ["delay * 2", "1 + delay / 4", "0.5", "float(delay)"])
def test_a_delay_that_is_the_same_in_each_round(delay: str) -> None:
    assert _reason(_text().replace("sleep(delay)", f"sleep({delay})")) is None


@pytest.mark.parametrize(
    ("parameter", "reason"),
    [
        ("delay", "delay-unsteady"),
        ("delay: float | None", "delay-unsteady"),
        ("delay: Optional[float] = 1", "delay-unsteady"),
        ("delay=None", "delay-unsteady"),
        ("delay=0.5", None),
        ("delay: int = 1", None),
    ],
)
def test_a_delay_that_may_be_none(parameter: str, reason: str | None) -> None:
    text = _text().replace("delay: float, work", f"work, {parameter}")
    assert _reason(text) == reason


SETTING = """\
import asyncio


class Launcher:
    def __init__(self, delay: float{optional}, settings: Settings) -> None:
        self.delay = delay
        self.settings = settings

    async def launch(self, items: list[str], work) -> None:
        tasks = []
        for item in items:
            if tasks:
                await asyncio.sleep({delay})
            tasks.append(asyncio.create_task(work(item)))
        await asyncio.gather(*tasks)
{more}"""


@pytest.mark.parametrize(
    ("delay", "more", "optional", "reason"),
    [
        ("self.delay", "", "", None),
        ("self.settings.gap", "", "", None),
        ("self.delay", "", " | None", "delay-unsteady"),
        ("self.other", "", "", "delay-unsteady"),
        ("self.delay", "    def slower(self): self.delay *= 2\n", "", "delay-unsteady"),
        ("self.delay", "def slower(it): it.delay = 9\n", "", "delay-unsteady"),
        ("self.delay", "def slower(it): setattr(it, 'delay', 9)\n", "", "delay-unsteady"),
        ("self.settings.gap", "def slower(it): it.gap += 1\n", "", "delay-unsteady"),
        ("self.settings.gap", "def other(it): it.settings = None\n", "", "delay-unsteady"),
    ],
)
def test_a_delay_that_is_an_attribute(
    delay: str, more: str, optional: str, reason: str | None
) -> None:
    assert _reason(SETTING.format(delay=delay, more=more, optional=optional)) == reason


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("print(len(tasks))", "no-gather-behind"),
        ("await asyncio.wait(tasks)", "no-gather-behind"),
        ("results = asyncio.gather(*tasks)", "no-gather-behind"),
        ("results += await asyncio.gather(*tasks)", "no-gather-behind"),
        ("results = await asyncio.gather(work(0), *tasks)", "no-gather-behind"),
        ("results = await asyncio.gather(*tasks, *tasks)", "no-gather-behind"),
        ("results = [work(0), *await asyncio.gather(*tasks)]", "no-gather-behind"),
        ("results = dict(zip(items, await asyncio.gather(*tasks)))", None),
        ("results = set(await asyncio.gather(*tasks, return_exceptions=True))", None),
    ],
)
def test_what_stands_behind_the_loop(line: str, reason: str | None) -> None:
    assert _reason(_text().replace("results = await asyncio.gather(*tasks)", line)) == reason


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("print(tasks)", "tasks-used-elsewhere"),
        ("print(item)", "loop-variable-used"),
        ("print(i)", "loop-variable-used"),
        ("print([item for item in results])", None),
        ("for i in results: print(i)", None),
        ("key = lambda item: item", None),
    ],
)
def test_what_is_used_behind_the_loop(line: str, reason: str | None) -> None:
    assert _reason(_text().replace("    return", f"    {line}\n    return")) == reason


def test_comments_stand_above_in_their_order() -> None:
    text = _text().replace("    tasks = []", "    # one\n    tasks = []  # two")
    text = text.replace("if i > 0: await", "# three\n        if i > 0: await")
    text = text.replace("    results =", "    # four\n    results =")
    after = _rewrite(text).after
    assert (
        "work):\n    # one\n    # two\n    # three\n    # four\n    results = await last" in after
    )


def test_a_comment_for_a_tool_stays_where_it_is() -> None:
    text = _text().replace("(work(item)))", "(work(item)))  # noqa: RUF006")
    assert _reason(text) == "comment-in-the-way"
