"""Comparing runs, and the search for the smallest world that shows a difference."""

import asyncio
import gc
import itertools
from dataclasses import replace
from typing import Any

import pytest

from codemods.verify.drive import Program
from codemods.verify.equivalence import (
    IncomparableError,
    cancellations,
    compare,
    search,
)
from codemods.verify.trace import Event, Run
from codemods.verify.world import Plan, World, WorldOptions


def note(at_ns: int, name: str, detail: str = "") -> Event:
    return Event(at_ns, "note", name, detail)


def a_run(*events: Event, **left: Any) -> Run:
    return Run(events=tuple(sorted(events, key=lambda e: e.at_ns)), **left)


class TestCompare:
    def test_order_in_one_instant_is_free(self) -> None:
        before = a_run(note(1_000_000, "a"), note(1_000_400, "b"))
        after = a_run(note(1_000_000, "b"), note(1_000_300, "a"))
        assert compare(before, after) is None

    def test_how_often_is_not(self) -> None:
        assert compare(a_run(note(0, "a"), note(0, "a")), a_run(note(0, "a")))

    def test_rounding_is_forgiven_a_microsecond(self) -> None:
        assert compare(a_run(note(5_000, "a")), a_run(note(5_900, "a"))) is None
        assert compare(a_run(note(5_000, "a")), a_run(note(7_000, "a")))

    @pytest.mark.parametrize(
        "change",
        [
            {"kind": "log"},
            {"name": "b"},
            {"detail": "(2)"},
            {"where": "thread"},
            {"context": "nobody"},
        ],
    )
    def test_everything_seen_counts(self, change: dict[str, Any]) -> None:
        event = note(0, "a", "(1)")
        assert compare(a_run(event), a_run(replace(event, **change)))

    @pytest.mark.parametrize(
        ("left", "text"),
        [
            ({"tasks_left": ("t",)}, "tasks left running"),
            ({"tasks_lingering": ("t",)}, "tasks that never end"),
            ({"pools_left": 1}, "thread pools left open"),
            ({"jobs_left": 1}, "jobs left"),
            ({"endless_timers": True}, "timers that re-arm"),
            ({"warnings": ("w",)}, "new warning: w"),
        ],
    )
    def test_leftovers(self, left: dict[str, Any], text: str) -> None:
        difference = compare(a_run(note(0, "a")), a_run(note(0, "a"), **left))
        assert difference is not None
        assert text in str(difference)

    def test_a_warning_that_is_gone_is_a_change(self) -> None:
        assert compare(a_run(warnings=("w",)), a_run())

    def test_what_the_original_left_the_rewriting_may_leave(self) -> None:
        assert compare(a_run(tasks_left=("a", "b")), a_run(tasks_left=("c",))) is None


class TestTimeline:
    def test_marks_the_lines_that_differ(self) -> None:
        before = a_run(note(0, "a"), note(2_000_000, "b"))
        after = a_run(note(0, "a"), note(3_000_000, "b"))
        shown = str(compare(before, after))
        assert [line[:1] for line in shown.splitlines() if "note" in line] == [" ", "!", "!"]

    def test_long_ones_are_cut_around_the_difference(self) -> None:
        many = [note(i * 1_000_000, "n", str(i)) for i in range(500)]
        difference = compare(a_run(*many), a_run(*many[:300], note(300_000_000, "other")))
        shown = str(difference).splitlines()
        assert len(shown) < 110
        assert any("lines alike" in line for line in shown)
        assert any("more lines" in line for line in shown)


# The search.


async def fine(world: World) -> object:
    items = range(world.choose("items", 0, 6))
    return await asyncio.gather(*(world.call("f", item) for item in items))


def test_equal_programs_pass_and_say_what_was_tried() -> None:
    difference, evidence = search(lambda: fine, lambda: fine, worlds=50)
    assert difference is None
    assert evidence.worlds == 50
    assert evidence.runs > 150
    assert evidence.calls > 50
    assert evidence.failures > 0
    assert evidence.struck == evidence.cancellations > 50


def test_the_smallest_world_is_shown() -> None:
    async def drops_the_third(world: World) -> object:
        items = range(world.choose("items", 0, 6))
        return await asyncio.gather(*(world.call("f", item) for item in items if item != 2))

    difference, _ = search(lambda: fine, lambda: drops_the_third, worlds=50)
    assert difference is not None
    assert "items: 3" in difference.world
    assert "failures=0, cleanup=0, pace=0, oddity=0, exits=0" in difference.world
    assert "! " in str(difference)


def test_a_rare_difference_is_found_and_kept() -> None:
    """One that needs a failure, and a certain argument."""

    async def differs(world: World) -> object:
        items = range(world.choose("items", 0, 6))
        results = await asyncio.gather(
            *(world.call("f", item) for item in items), return_exceptions=True
        )
        errors = [result for result in results if isinstance(result, BaseException)]
        if len(errors) > 2:
            return None
        if errors:
            raise errors[0]
        return results

    async def original(world: World) -> object:
        items = range(world.choose("items", 0, 6))
        results = await asyncio.gather(
            *(world.call("f", item) for item in items), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return results

    difference, _ = search(lambda: original, lambda: differs, worlds=100)
    assert difference is not None


def test_only_a_cancellation_shows_it() -> None:
    async def shielded(world: World) -> object:
        items = range(world.choose("items", 0, 6))
        return await asyncio.shield(asyncio.gather(*(world.call("f", item) for item in items)))

    difference, _ = search(lambda: fine, lambda: shielded, worlds=50)
    assert difference is not None
    assert "caller cancelled at" in difference.world


def test_the_same_search_gives_the_same_answer() -> None:
    async def other(world: World) -> object:
        return await asyncio.gather(*(world.call("g", i) for i in range(world.choose("n", 0, 3))))

    first, second = (search(lambda: fine, lambda: other, worlds=20) for _ in range(2))
    assert str(first[0]) == str(second[0])
    assert first[1] == second[1]


def test_an_original_that_is_not_deterministic_proves_nothing() -> None:
    numbers = itertools.count()

    async def moody(world: World) -> object:
        return await world.call("f", next(numbers))

    with pytest.raises(IncomparableError, match="differs from itself"):
        search(lambda: moody, lambda: moody, worlds=5)


def test_an_original_that_cannot_be_simulated_proves_nothing() -> None:
    async def spins(world: World) -> object:
        while True:
            await asyncio.sleep(0)

    async def connects(world: World) -> object:
        return await asyncio.open_connection("127.0.0.1", 9)

    for program in (spins, connects):
        load: Program = program
        with pytest.raises(IncomparableError, match="cannot be simulated"):
            search(lambda load=load: load, lambda: fine, worlds=5)  # type: ignore[misc]


def test_two_deadlocks_are_equal_one_is_not() -> None:
    async def hangs(world: World) -> object:
        await world.call("f")
        return await asyncio.Event().wait()

    async def ends(world: World) -> object:
        return await world.call("f")

    assert search(lambda: hangs, lambda: hangs, worlds=5)[0] is None
    difference, _ = search(lambda: hangs, lambda: ends, worlds=5)
    assert difference is not None


def test_the_garbage_collector_is_as_it_was() -> None:
    search(lambda: fine, lambda: fine, worlds=2)
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


class TestCancellations:
    RUN = a_run(*(note(at * 1_000_000, "n") for at in (0, 1, 3, 7)), ended_ns=7_000_000)

    def test_lie_between_events(self) -> None:
        swept = cancellations(self.RUN, Plan(1), WorldOptions(cancellations=100))
        at = [cancellation.at_ns for cancellation in swept]
        assert len(at) == 6
        for earlier, later in ((0, 1), (1, 3), (3, 7)):
            middle, late = at[2 * (earlier != 0) + 2 * (earlier == 3) :][:2]
            assert middle == pytest.approx((earlier + later) * 500_000, abs=1_001)
            assert late == pytest.approx(later * 1_000_000 - 2_500, abs=501)

    def test_are_sampled_when_many(self) -> None:
        options = WorldOptions(cancellations=3)
        sampled = [cancellations(self.RUN, Plan(seed), options) for seed in range(20)]
        assert {len(swept) for swept in sampled} == {3}
        assert len({c.at_ns // 1000 for swept in sampled for c in swept}) == 6

    def test_can_be_switched_off(self) -> None:
        assert cancellations(self.RUN, Plan(1), WorldOptions(cancellations=0)) == ()
        once = WorldOptions(second_cancel=False)
        swept = [c for seed in range(30) for c in cancellations(self.RUN, Plan(seed), once)]
        assert {c.again_ns for c in swept} == {None}
        assert {c.message for c in swept} == {None, "stop"}
