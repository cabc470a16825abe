"""What a run leaves behind is found: tasks, jobs, pools, timers, warnings, log records."""

import asyncio
import logging
import warnings
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from codemods.verify.drive import run_in_world
from codemods.verify.trace import Event, Run, instants
from codemods.verify.verdict import Deadlock
from codemods.verify.world import Plan, World, WorldOptions

LINGERS, EXITS = Plan(seed=1, exits=0), Plan(seed=1, exits=1)


def run(
    program: Callable[[World], Coroutine[Any, Any, object]], plan: Plan = LINGERS, **options: Any
) -> Run:
    return run_in_world(lambda: program, World(plan, WorldOptions(**options)))


class TestLeftovers:
    def test_nothing(self) -> None:
        async def program(world: World) -> object:
            return await world.call("f")

        outcome = run(program)
        assert outcome.verdict is None
        assert (outcome.tasks_left, outcome.tasks_lingering, outcome.warnings) == ((), (), ())
        assert (outcome.jobs_left, outcome.pools_left, outcome.endless_timers) == (0, 0, False)

    def test_a_sibling_lives_on_or_is_cancelled_as_the_plan_says(self) -> None:
        async def program(world: World) -> object:
            world.latency("slow", 5.0, 5.0)
            asyncio.get_running_loop().sibling = asyncio.create_task(  # type: ignore[attr-defined]
                world.call("slow")
            )
            await world.call("fast")
            return None

        lingering, exiting = run(program, LINGERS), run(program, EXITS)
        assert len(lingering.tasks_left) == len(exiting.tasks_left) == 1
        assert lingering.tasks_lingering == ()
        assert "finish" in [e.kind for e in lingering.events if e.name == "slow"]
        assert "cancelled" in [e.kind for e in exiting.events if e.name == "slow"]

    def test_a_task_that_never_ends(self) -> None:
        async def heartbeat() -> None:
            while True:
                await asyncio.sleep(60)

        async def program(world: World) -> object:
            world.beat = asyncio.create_task(heartbeat())  # type: ignore[attr-defined]
            return await world.call("f")

        assert len(run(program).tasks_lingering) == 1

    def test_what_ends_within_the_instant_is_not_left(self) -> None:
        async def program(world: World) -> object:
            world.helper = asyncio.create_task(asyncio.sleep(0))  # type: ignore[attr-defined]
            return None

        assert run(program).tasks_left == ()

    def test_jobs_and_pools(self) -> None:
        async def program(world: World) -> object:
            loop = asyncio.get_running_loop()
            loop.run_in_executor(None, world.sync_call, "hash", 1)
            loop.run_in_executor(ThreadPoolExecutor(1), world.sync_call, "hash", 2)
            return None

        outcome = run(program)
        assert (outcome.jobs_left, outcome.pools_left) == (2, 1)

    def test_a_pool_that_is_shut_down_is_not_left(self) -> None:
        async def program(world: World) -> object:
            with ThreadPoolExecutor(1) as pool:
                return await asyncio.get_running_loop().run_in_executor(pool, str)

        assert run(program).pools_left == 0

    def test_timers_that_re_arm_themselves(self) -> None:
        async def program(world: World) -> object:
            loop = asyncio.get_running_loop()

            def tick() -> None:
                loop.call_later(1.0, tick)

            tick()
            loop.call_later(7200.0, str)  # one that ends
            return None

        assert run(program).endless_timers
        assert run(program, EXITS).endless_timers

    def test_a_scenario_that_hangs_is_a_deadlock_not_a_hang(self) -> None:
        async def program(world: World) -> object:
            await world.call("f")
            await asyncio.Event().wait()
            return None

        outcome = run(program)
        assert isinstance(outcome.verdict, Deadlock)
        assert [e.kind for e in outcome.events] == ["start", "finish", "outcome"]
        assert "Event" in outcome.outcome or "wait" in outcome.outcome

    def test_nothing_of_a_run_is_left_in_the_process(self) -> None:
        handlers, level = list(logging.getLogger().handlers), logging.getLogger().level

        async def program(world: World) -> object:
            await asyncio.Event().wait()
            return None

        run(program)
        assert logging.getLogger().handlers == handlers
        assert logging.getLogger().level == level
        assert asyncio._get_running_loop() is None


class TestComplaints:
    def test_never_awaited(self) -> None:
        async def program(world: World) -> object:
            world.call("f")
            return None

        assert run(program).warnings == (
            "RuntimeWarning: coroutine 'World.call' was never awaited",
        )

    def test_never_retrieved_in_a_cycle(self) -> None:
        async def fail() -> None:
            raise LookupError("lost")

        async def program(world: World) -> object:
            task = asyncio.create_task(fail())
            task.itself = task  # type: ignore[attr-defined]
            await asyncio.sleep(1)
            return None

        assert run(program).warnings == (
            "Future exception was never retrieved: LookupError('lost')",
        )

    def test_warnings_of_the_program(self) -> None:
        async def program(world: World) -> object:
            warnings.warn("careful", stacklevel=1)
            warnings.warn("old", DeprecationWarning, stacklevel=1)
            return None

        assert run(program).warnings == ("UserWarning: careful",)

    def test_log_records_have_their_time(self) -> None:
        async def program(world: World) -> object:
            await asyncio.sleep(1.5)
            try:
                raise KeyError("k")
            except KeyError:
                logging.getLogger("subject").exception("lost %s", "it")
            return None

        (event,) = (e for e in run(program).events if e.kind == "log")
        assert event.seen[:3] == ("log", "subject", "ERROR lost it ! KeyError('k')")
        assert event.at_ns == 1_500_000_000

    def test_system_exit_ends_the_run(self) -> None:
        async def program(world: World) -> object:
            await world.call("f")
            raise SystemExit(3)

        assert run(program).outcome == "raised SystemExit(3)"


class TestTrace:
    def test_ceilings(self) -> None:
        async def program(world: World) -> object:
            gate = asyncio.Semaphore(3)

            async def one(item: int) -> None:
                async with gate:
                    await world.call("f", item)

            await asyncio.gather(*(one(item) for item in range(9)))
            return await world.call("g")

        assert run(program).ceilings == {"f": 3, "g": 1}

    def test_instants_hold_what_is_less_than_a_microsecond_apart(self) -> None:
        events = [Event(at, "note", str(at)) for at in (5_000, 5_900, 6_800, 9_000)]
        assert [len(instant.events) for instant in instants(events)] == [3, 1]
