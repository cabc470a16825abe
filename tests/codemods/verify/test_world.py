"""Worlds: the same seed gives the same script, in whatever order it is asked for."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextvars import ContextVar
from typing import Any

import pytest

from codemods.verify.drive import Cancellation, frozen_heap, run_in_world
from codemods.verify.trace import Run
from codemods.verify.world import (
    FatalError,
    Plan,
    TransientError,
    World,
    WorldError,
    WorldOptions,
)

CALM = Plan(seed=1)
STORMY = Plan(seed=1, failures=4)
Program = Callable[[World], Coroutine[Any, Any, object]]


@pytest.fixture(autouse=True, scope="module")
def quick_collections() -> Iterator[None]:
    """Each run ends with a full collection: spare it what the test suite has loaded."""
    with frozen_heap():
        yield


def run(
    program: Program,
    plan: Plan = CALM,
    cancellation: Cancellation | None = None,
    **options: Any,
) -> Run:
    return run_in_world(lambda: program, World(plan, WorldOptions(**options)), cancellation)


def kinds(outcome: Run) -> list[str]:
    return [event.kind for event in outcome.events]


class TestScript:
    def test_does_not_depend_on_the_order_of_calls(self) -> None:
        async def forwards(world: World) -> object:
            return await asyncio.gather(*(world.call("f", i) for i in range(5)))

        async def backwards(world: World) -> object:
            return await asyncio.gather(*(world.call("f", i) for i in reversed(range(5))))

        def times(outcome: Run) -> set[tuple[int, str]]:
            return {(e.at_ns, e.detail) for e in outcome.events if e.kind == "finish"}

        assert times(run(forwards)) == times(run(backwards))

    def test_differs_by_name_arguments_occurrence_and_seed(self) -> None:
        async def program(world: World) -> object:
            await asyncio.gather(
                world.call("f", 1), world.call("f", 1), world.call("f", 2), world.call("g", 1)
            )
            return None

        finished = {
            event.at_ns
            for seed in range(10)
            for event in run(program, Plan(seed)).events
            if event.kind == "finish"
        }
        assert len(finished) == 40

    def test_latency(self) -> None:
        async def program(world: World) -> float:
            world.latency("f", 0.25, 0.5)
            await world.call("f")
            return world.now()

        ends = [run(program, Plan(seed)).ended_ns / 1e9 for seed in range(50)]
        assert 0.25 <= min(ends) < 0.3
        assert 0.45 < max(ends) <= 0.5

    def test_no_latency_does_not_suspend(self) -> None:
        async def program(world: World) -> object:
            world.latency("f", 0, 0)
            coroutine = world.call("f")
            with pytest.raises(StopIteration) as ended:
                coroutine.send(None)
            return ended.value.value

        assert run(program).outcome == "returned 'f() #0'"

    def test_answers(self) -> None:
        async def program(world: World) -> object:
            world.returns("status", lambda n, rng: ("done" if n == 2 else "pending", rng.random()))
            world.answers("double", lambda call: call.args[0] * 2 + call.kwargs["plus"])
            statuses = [await world.call("status") for _ in range(3)]
            assert len({number for _, number in statuses}) == 3
            return [status for status, _ in statuses], await world.call("double", 4, plus=1)

        assert run(program).outcome == "returned (['pending', 'pending', 'done'], 9)"

    def test_an_answer_that_raises_fails_the_call(self) -> None:
        async def program(world: World) -> object:
            world.answers("get", lambda call: {}[call.args[0]])
            return await world.call("get", "k")

        assert kinds(run(program)) == ["start", "error", "outcome"]

    def test_choices(self) -> None:
        async def program(world: World) -> object:
            low = world.choose("n", 2, 9)
            assert low == world.choose("n", 2, 9)
            assert 0.5 <= world.uniform("u", 0.5, 1.5) <= 1.5
            return [low, world.pick("p", "abc"), world.chance("c", 0.5)]

        outcomes = {run(program, Plan(seed, size=8)).outcome for seed in range(60)}
        assert len(outcomes) > 20
        small = {run(program, Plan(seed, size=0)).outcome[:11] for seed in range(20)}
        assert small == {"returned [2"}


class TestFailures:
    def test_calm_worlds_have_none(self) -> None:
        async def program(world: World) -> object:
            world.fails("f", 1.0)
            return [await world.call("f", i) for i in range(20)]

        assert "error" not in kinds(run(program))

    def test_stormy_worlds_fail_as_often_as_told(self) -> None:
        async def program(world: World) -> object:
            world.fails("f", 0.3, error=FatalError)
            calls = (world.call("f", i) for i in range(500))
            results = await asyncio.gather(*calls, return_exceptions=True)
            return sum(isinstance(result, FatalError) for result in results)

        count = int(run(program, STORMY).outcome.removeprefix("returned "))
        assert 110 < count < 190

    def test_the_first_calls_fail_in_every_world(self) -> None:
        async def program(world: World) -> object:
            world.fails("f", 0.0, first=2, error=lambda call: TransientError(call.name, call.n))
            results: list[object] = []
            for _ in range(3):
                results += await asyncio.gather(world.call("f"), return_exceptions=True)
            return results

        assert run(program).outcome == (
            "returned [codemods.verify.world.TransientError('f', 0),"
            " codemods.verify.world.TransientError('f', 1), 'f() #2']"
        )

    def test_a_list_of_errors_is_drawn_from(self) -> None:
        async def program(world: World) -> object:
            world.fails("f", 1.0, error=[KeyError, lambda call: OSError(call.n)])
            calls = (world.call("f", i) for i in range(40))
            results = await asyncio.gather(*calls, return_exceptions=True)
            return sorted({type(result).__name__ for result in results})

        assert run(program, STORMY).outcome == "returned ['KeyError', 'OSError']"

    def test_default_errors_are_of_several_kinds(self) -> None:
        async def program(world: World) -> object:
            calls = (world.call("f", i) for i in range(100))
            results = await asyncio.gather(*calls, return_exceptions=True)
            return sorted({type(result).__name__ for result in results} - {"str"})

        outcome = run(program, STORMY).outcome
        assert WorldError.__name__ in outcome
        assert TimeoutError.__name__ in outcome

    def test_callees_may_cancel_and_calls_may_be_instant(self) -> None:
        async def program(world: World) -> object:
            calls = (world.call("f", i) for i in range(100))
            results = await asyncio.gather(*calls, return_exceptions=True)
            return sum(isinstance(result, asyncio.CancelledError) for result in results)

        assert run(program, Plan(3)).outcome == "returned 0"
        assert run(program, Plan(3, oddity=2)).outcome != "returned 0"
        instant = [e for e in run(program, Plan(3, oddity=3)).events if e.kind == "finish"]
        assert 10 < sum(event.at_ns == 0 for event in instant) < 60


class TestCancellation:
    @staticmethod
    async def program(world: World) -> object:
        world.latency("f", 1.0, 1.0)
        return await world.call("f")

    def test_without_cleanup(self) -> None:
        outcome = run(self.program, CALM, Cancellation(500_000_000, None, "why"))
        assert kinds(outcome) == ["start", "stop", "cancel", "cancelled", "outcome"]
        assert outcome.ended_ns == 500_000_000
        assert outcome.outcome == "raised asyncio.exceptions.CancelledError('why')"

    def test_with_cleanup(self) -> None:
        plan = Plan(1, cleanup=2)
        outcome = run(self.program, plan, Cancellation(500_000_000), cleanup=(0.25, 0.25))
        assert outcome.ended_ns == 750_000_000

    def test_cancelled_again_during_its_cleanup(self) -> None:
        plan = Plan(1, cleanup=2)
        twice = Cancellation(500_000_000, 100_000_000)
        outcome = run(self.program, plan, twice, cleanup=(0.25, 0.25))
        assert outcome.ended_ns == 600_000_000
        assert any("during its cleanup" in event.detail for event in outcome.events)

    def test_swallowed(self) -> None:
        outcome = run(self.program, Plan(1, oddity=1), Cancellation(500_000_000), swallows=1.0)
        assert kinds(outcome) == ["start", "stop", "cancel", "finish", "outcome"]

    def test_after_the_end_nothing_is_cancelled(self) -> None:
        assert "stop" not in kinds(run(self.program, CALM, Cancellation(2_000_000_000)))


class TestContext:
    def test_calls_show_who_called_and_what_came_before(self) -> None:
        request: ContextVar[str] = ContextVar("request")

        async def program(world: World) -> object:
            world.watch(request)
            request.set("r-1")
            await world.call("f")
            await asyncio.gather(world.call("g"), world.call("h"))
            await world.call("i")
            return None

        starts = [e.context for e in run(program).events if e.kind == "start"]
        assert starts == ["caller  request='r-1'"] + ["caller f() request='r-1'"] * 3

    def test_can_be_left_out(self) -> None:
        async def program(world: World) -> object:
            return await world.call("f")

        assert {e.context for e in run(program, contextvars=False).events} == {""}


class TestSyncCalls:
    def test_on_the_loop_they_hold_it_up(self) -> None:
        async def program(world: World) -> object:
            world.latency("hash", 1.0, 1.0)
            timer = asyncio.create_task(asyncio.sleep(0.1))
            await asyncio.sleep(0)
            world.sync_call("hash", 1)
            await timer
            return world.now()

        outcome = run(program)
        assert outcome.outcome == "returned 1.0"
        assert {e.where for e in outcome.events} == {"loop"}

    def test_in_workers_they_run_side_by_side(self) -> None:
        async def program(world: World) -> object:
            world.latency("hash", 1.0, 1.0)

            def work(item: int) -> object:
                time.sleep(0.5)
                return world.sync_call("hash", item)

            await asyncio.gather(*(asyncio.to_thread(work, i) for i in range(3)))
            return world.now()

        outcome = run(program, workers=2)
        assert outcome.outcome == "returned 3.0"
        assert outcome.ceilings == {"hash": 2}
        assert [e.at_ns // 10**6 for e in outcome.events if e.kind == "start"] == [500, 500, 2000]
        assert {e.where for e in outcome.events if e.name == "hash"} == {"thread"}


def test_notes_and_signals() -> None:
    async def program(world: World) -> object:
        heard = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(15, heard.set)
        world.note("state", {"ready": True}, 1)
        return world.signal(15), await heard.wait(), world.signal(2)

    outcome = run(program)
    assert outcome.outcome == "returned (True, True, False)"
    assert outcome.events[0].detail == "{'ready': True}, 1"
