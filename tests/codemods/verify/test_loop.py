"""The virtual loop: time jumps, hangs are results, worker threads are modelled, nothing leaks."""

import asyncio
import concurrent.futures
import gc
import os
import random
import signal
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import pytest
import reactivex as rx
from reactivex.scheduler import NewThreadScheduler, TimeoutScheduler
from reactivex.scheduler.eventloop import AsyncIOScheduler

from codemods.verify import patches
from codemods.verify.loop import Limits, VirtualLoop
from codemods.verify.patches import WALL_EPOCH_NS, standing_in
from codemods.verify.verdict import (
    Deadlock,
    Halt,
    RanAway,
    RefusedError,
    Unsupported,
    Verdict,
)

VARIABLE: ContextVar[str] = ContextVar("VARIABLE", default="unset")
MILLISECOND = 1_000_000


@contextmanager
def virtual(limits: Limits | None = None, workers: int = 6) -> Iterator[VirtualLoop]:
    loop = VirtualLoop(limits, workers)
    try:
        with standing_in(loop):
            yield loop
    finally:
        loop.close()


def run(main: Callable[[], Coroutine[Any, Any, Any]], **options: Any) -> Any:
    """What ``main()`` returns in a virtual loop."""
    with virtual(**options) as loop:
        return loop.run(main())


def verdict_of(main: Callable[[], Coroutine[Any, Any, Any]], **options: Any) -> Verdict:
    """With what verdict ``main()`` ends in a virtual loop."""
    with virtual(**options) as loop:
        with pytest.raises(Halt) as halt:
            loop.run(main())
        loop.abandon()
        left = [task.get_coro() for task in asyncio.all_tasks(loop)]
        assert [coroutine for coroutine in left if getattr(coroutine, "cr_frame", None)] == []
        return halt.value.verdict


def now() -> float:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop.now_ns() / 1e9


async def at(awaitable: Awaitable[Any]) -> tuple[float, Any]:
    """When an awaitable ended, and its result."""
    result = await awaitable
    return now(), result


class TestTime:
    def test_a_year_takes_no_time(self) -> None:
        started = time.perf_counter()

        async def main() -> float:
            await asyncio.sleep(365 * 86_400)
            return now()

        assert run(main, limits=Limits(seconds=1e9)) == 365 * 86_400
        assert time.perf_counter() - started < 5

    def test_timers_fire_in_order_at_their_time(self) -> None:
        async def main() -> list[tuple[float, str]]:
            seen: list[tuple[float, str]] = []

            async def one(name: str, delay: float) -> None:
                await asyncio.sleep(delay)
                seen.append((now(), name))

            await asyncio.gather(one("c", 0.3), one("a", 0.1), one("b", 0.2))
            return seen

        assert run(main) == [(0.1, "a"), (0.2, "b"), (0.3, "c")]

    def test_decimal_fractions_add_up(self) -> None:
        async def main() -> float:
            for _ in range(1000):
                await asyncio.sleep(0.1)
            return now()

        assert run(main) == 100.0

    def test_sleep_zero_gives_way_and_takes_no_time(self) -> None:
        async def main() -> float:
            for _ in range(10):
                await asyncio.sleep(0)
            return now()

        assert run(main) == 0.0

    def test_a_timer_for_now_or_earlier_still_moves_the_clock(self) -> None:
        """Else code that re-arms until a float has caught up with the clock would never end."""

        async def main() -> int:
            loop = asyncio.get_running_loop()
            done, fired, target = loop.create_future(), 0, loop.time() + 5e-9

            def again() -> None:
                nonlocal fired
                fired += 1
                if loop.time() < target:
                    loop.call_at(loop.time(), again)
                else:
                    done.set_result(None)

            again()
            await done
            return fired

        assert 2 <= run(main) <= 7

    def test_blocking_sleep_holds_up_the_loop(self) -> None:
        async def main() -> tuple[float, float]:
            timer = asyncio.create_task(at(asyncio.sleep(0.1)))
            await asyncio.sleep(0)
            time.sleep(2.5)
            return now(), (await timer)[0]

        assert run(main) == (2.5, 2.5)

    def test_timeouts(self) -> None:
        async def main() -> float:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1.5):
                    await asyncio.sleep(9)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.sleep(9), 0.5)
            return now()

        assert run(main) == 2.0

    def test_quiet_comes_after_everything_up_to_it(self) -> None:
        async def main() -> tuple[float, list[float]]:
            loop = asyncio.get_running_loop()
            assert isinstance(loop, VirtualLoop)
            ticks: list[float] = []

            async def tick() -> None:
                while True:
                    await asyncio.sleep(1.0)
                    ticks.append(now())

            ticking = asyncio.create_task(tick())
            await loop.when_quiet(3_500 * MILLISECOND)
            ticking.cancel()
            return now(), ticks

        assert run(main) == (3.5, [1.0, 2.0, 3.0])


class TestHangs:
    def test_deadlock_names_who_waits_where(self) -> None:
        async def lost() -> None:
            await asyncio.get_running_loop().create_future()

        async def main() -> None:
            gate = asyncio.Semaphore(0)
            waiting = asyncio.create_task(gate.acquire(), name="at the gate")
            await asyncio.gather(waiting, asyncio.create_task(lost(), name="lost one"))

        verdict = verdict_of(main)
        assert isinstance(verdict, Deadlock)
        assert [waiter.task for waiter in verdict.waiters] == ["at the gate", "lost one"]
        assert "locks.py" in verdict.waiters[0].frames[-1]
        assert verdict.waiters[1].frames[-1].endswith(" lost")
        assert "Future pending" in str(verdict)

    def test_sleeping_for_ever_is_a_deadlock(self) -> None:
        async def main() -> None:
            await asyncio.sleep(float("inf"))

        assert isinstance(verdict_of(main), Deadlock)

    def test_spinning_runs_away(self) -> None:
        async def main() -> None:
            while True:
                await asyncio.sleep(0)

        verdict = verdict_of(main, limits=Limits(iterations=1000))
        assert isinstance(verdict, RanAway)
        assert "1000 loop iterations" in str(verdict)

    def test_polling_for_ever_runs_away(self) -> None:
        async def main() -> None:
            while True:
                await asyncio.sleep(60)

        verdict = verdict_of(main, limits=Limits(seconds=3600))
        assert isinstance(verdict, RanAway)
        assert "3600 virtual seconds" in str(verdict)

    def test_tasks_that_refuse_to_be_cancelled_are_taken_down(self) -> None:
        async def stubborn() -> None:
            while True:
                try:
                    await asyncio.get_running_loop().create_future()
                except asyncio.CancelledError:
                    continue

        async def main() -> None:
            await asyncio.gather(stubborn(), stubborn())

        with virtual() as loop:
            with pytest.raises(Halt):
                loop.run(main())
            loop.abandon()
        gc.collect()  # pytest turns a complaint about a pending task into a failure

    def test_a_lock_that_only_the_loop_could_release(self) -> None:
        async def main() -> None:
            threading.Event().wait()

        verdict = verdict_of(main)
        assert isinstance(verdict, Deadlock)
        assert any(frame.endswith(" main") for frame in verdict.waiters[0].frames)

    def test_a_lock_with_a_timeout_costs_its_timeout(self) -> None:
        async def main() -> tuple[bool, float]:
            return threading.Event().wait(1.25), now()

        assert run(main) == (False, 1.25)

    def test_observable_run_in_a_coroutine(self) -> None:
        async def main() -> None:
            rx.from_future(asyncio.ensure_future(asyncio.sleep(1))).run()

        assert isinstance(verdict_of(main), Deadlock)

    def test_what_no_patch_sees_is_found_by_the_watchdog(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(patches, "PATIENCE_SECONDS", 0.1)

        async def main() -> None:
            lock = threading.Lock()
            with lock:
                lock.acquire()

        verdict = verdict_of(main)
        assert isinstance(verdict, Deadlock)
        assert "blocked" in verdict.why


class TestWorkers:
    def test_a_job_costs_what_it_sleeps(self) -> None:
        async def main() -> tuple[float, str]:
            def work() -> str:
                time.sleep(0.75)
                return "done"

            return await at(asyncio.to_thread(work))

        assert run(main) == (0.75, "done")

    def test_jobs_run_beside_each_other_and_the_loop(self) -> None:
        async def main() -> list[tuple[float, Any]]:
            jobs = [at(asyncio.to_thread(time.sleep, seconds)) for seconds in (0.3, 0.1, 0.2)]
            return await asyncio.gather(*jobs, at(asyncio.sleep(0.15)))

        assert run(main) == [(0.3, None), (0.1, None), (0.2, None), (0.15, None)]

    def test_a_short_job_ends_before_a_long_sleep(self) -> None:
        async def main() -> list[str]:
            order: list[str] = []

            async def sleeper() -> None:
                await asyncio.sleep(1.0)
                order.append("sleep")

            async def worker() -> None:
                await asyncio.to_thread(time.sleep, 0.05)
                order.append("thread")

            await asyncio.gather(sleeper(), worker())
            return order

        assert run(main) == ["thread", "sleep"]

    def test_the_default_executor_has_so_many_workers(self) -> None:
        async def main() -> list[float]:
            jobs = [at(asyncio.to_thread(time.sleep, 1.0)) for _ in range(5)]
            return [when for when, _ in await asyncio.gather(*jobs)]

        assert run(main, workers=2) == [1.0, 1.0, 2.0, 2.0, 3.0]

    def test_errors_arrive_when_the_job_ends(self) -> None:
        async def main() -> tuple[float, str]:
            def work() -> None:
                time.sleep(0.5)
                raise LookupError("gone")

            with pytest.raises(LookupError, match="gone") as error:
                await asyncio.to_thread(work)
            return now(), str(error.value)

        assert run(main) == (0.5, "gone")

    def test_context_is_copied_by_to_thread_only(self) -> None:
        async def main() -> tuple[str, str, str]:
            VARIABLE.set("caller")
            loop = asyncio.get_running_loop()
            copied = await asyncio.to_thread(VARIABLE.get)
            bare = await loop.run_in_executor(None, VARIABLE.get)
            await asyncio.to_thread(VARIABLE.set, "worker")
            return copied, bare, VARIABLE.get()

        assert run(main) == ("caller", "unset", "caller")

    def test_no_loop_runs_in_a_worker(self) -> None:
        async def main() -> None:
            with pytest.raises(RuntimeError, match="no running event loop"):
                await asyncio.to_thread(asyncio.get_running_loop)

        run(main)

    def test_call_soon_threadsafe_arrives_in_the_worker_s_time(self) -> None:
        async def main() -> tuple[float, float]:
            loop, event = asyncio.get_running_loop(), asyncio.Event()

            def work() -> None:
                time.sleep(0.4)
                loop.call_soon_threadsafe(event.set)
                time.sleep(0.6)

            waiting = asyncio.create_task(at(event.wait()))
            ended = (await at(asyncio.to_thread(work)))[0]
            return (await waiting)[0], ended

        assert run(main) == (0.4, 1.0)

    def test_a_future_set_from_a_worker_is_refused(self) -> None:
        async def main() -> None:
            future = asyncio.get_running_loop().create_future()
            job = asyncio.create_task(asyncio.to_thread(lambda: future.set_result(1)))
            await future
            await job

        verdict = verdict_of(main)
        assert isinstance(verdict, Unsupported)
        assert "worker thread" in verdict.what

    def test_cancelling_the_caller_leaves_the_job_running(self) -> None:
        async def main() -> tuple[float, list[str]]:
            seen: list[str] = []

            def work() -> None:
                time.sleep(1.0)
                seen.append("ran")

            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.to_thread(work), 0.25)
            return now(), seen

        assert run(main) == (0.25, ["ran"])

    def test_a_job_that_waits_for_a_worker_can_be_cancelled(self) -> None:
        async def main() -> list[int]:
            seen: list[int] = []

            def work(number: int) -> None:
                time.sleep(1.0)
                seen.append(number)

            jobs = [asyncio.create_task(asyncio.to_thread(work, i)) for i in range(3)]
            await asyncio.sleep(0.5)
            jobs[1].cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
            return seen

        assert run(main, workers=1) == [0, 2]

    def test_shutting_down_waits_for_jobs(self) -> None:
        async def main() -> float:
            loop = asyncio.get_running_loop()
            loop.run_in_executor(None, time.sleep, 3.0)
            loop.run_in_executor(None, time.sleep, 1.0)
            await loop.shutdown_default_executor()
            return now()

        assert run(main, workers=1) == 4.0

    def test_blocking_on_a_job_holds_up_the_loop(self) -> None:
        async def main() -> tuple[list[str], float, float]:
            timer = asyncio.create_task(at(asyncio.sleep(0.1)))
            await asyncio.sleep(0)
            with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
                jobs = [pool.submit(time.sleep, 2.0), pool.submit(time.sleep, 1.0)]
                concurrent.futures.wait(jobs)
                results = list(pool.map(str.upper, "ab"))
            return results, now(), (await timer)[0]

        assert run(main) == (["A", "B"], 2.0, 2.0)

    def test_a_pool_that_was_shut_down_takes_no_jobs(self) -> None:
        async def main() -> None:
            pool = concurrent.futures.ThreadPoolExecutor()
            pool.shutdown()
            with pytest.raises(RuntimeError, match="after shutdown"):
                pool.submit(time.sleep, 1)

        run(main)

    def test_a_worker_that_waits_for_the_loop_is_refused(self) -> None:
        async def main() -> None:
            loop = asyncio.get_running_loop()

            def work() -> None:
                asyncio.run_coroutine_threadsafe(asyncio.sleep(1), loop).result()

            await asyncio.to_thread(work)

        assert isinstance(verdict_of(main), Unsupported)


class TestWhatFollowsTheWorld:
    def test_all_clocks_agree(self) -> None:
        async def main() -> None:
            scheduler = AsyncIOScheduler(asyncio.get_running_loop())
            clocks: list[Callable[[], float]] = [
                time.time,
                time.monotonic,
                time.perf_counter,
                lambda: time.time_ns() / 1e9,
                lambda: time.monotonic_ns() / 1e9,
                lambda: time.perf_counter_ns() / 1e9,
                asyncio.get_running_loop().time,
                lambda: scheduler.now.timestamp(),
            ]
            before = [clock() for clock in clocks]
            await asyncio.sleep(12.5)
            after = [clock() for clock in clocks]
            passed = [late - early for early, late in zip(before, after, strict=True)]
            assert passed == pytest.approx([12.5] * len(clocks), abs=1e-6)

        run(main)

    def test_the_wall_clock_starts_where_it_says(self) -> None:
        async def main() -> float:
            return time.time()

        start = datetime.fromtimestamp(run(main), UTC)
        assert start == datetime.fromtimestamp(WALL_EPOCH_NS / 1e9, UTC)

    def test_datetime_follows(self) -> None:
        async def main() -> None:
            from datetime import datetime as virtual_datetime

            early = virtual_datetime.now(UTC)
            await asyncio.sleep(90)
            assert (virtual_datetime.now(UTC) - early).total_seconds() == 90
            assert virtual_datetime.now().tzinfo is None
            assert isinstance(early, virtual_datetime)
            assert type(early) is datetime
            assert isinstance(virtual_datetime(2026, 1, 1), datetime)

        run(main)

    def test_chance_is_the_seed_s(self) -> None:
        async def main() -> tuple[float, str]:
            return random.random(), str(uuid.uuid4())

        assert run(main) == run(main)

    def test_everything_is_put_back(self) -> None:
        names = [
            (time, ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "sleep")),
            (os, ("urandom", "fork", "system")),
            (threading.Thread, ("start",)),
            (threading.Condition, ("wait",)),
            (concurrent.futures.ThreadPoolExecutor, ("submit", "shutdown")),
            (socket.socket, ("__init__",)),
            (subprocess.Popen, ("__init__",)),
        ]

        def snapshot() -> list[object]:
            return [getattr(owner, name) for owner, some in names for name in some]

        before, state, handler = snapshot(), random.getstate(), signal.getsignal(signal.SIGALRM)
        with suppress(ZeroDivisionError), virtual():
            assert all(a is not b for a, b in zip(snapshot(), before, strict=True))
            random.random()
            raise ZeroDivisionError
        assert snapshot() == before
        assert random.getstate() == state
        assert signal.getsignal(signal.SIGALRM) == handler
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)

    def test_other_threads_keep_the_real_clock(self) -> None:
        seen: list[float] = []
        with virtual() as loop:
            loop.block_ns(10**18)
            # Not threading.Thread: starting one is refused while a run is active.
            done = threading.Lock()
            done.acquire()

            def look() -> None:
                seen.append(time.time())
                done.release()

            import _thread

            _thread.start_new_thread(look, ())
            assert done.acquire(timeout=5)
        assert abs(seen[0] - time.time()) < 60


class TestRefusals:
    @pytest.mark.parametrize(
        "what",
        [
            pytest.param(lambda: threading.Thread(target=print).start(), id="thread"),
            pytest.param(lambda: threading.Timer(1, print).start(), id="timer"),
            pytest.param(socket.socket, id="socket"),
            pytest.param(lambda: socket.getaddrinfo("localhost", 80), id="name"),
            pytest.param(lambda: subprocess.Popen(["true"]), id="subprocess"),
            pytest.param(lambda: os.system("true"), id="system"),
            pytest.param(lambda: rx.timer(1.0).subscribe(), id="timer-without-scheduler"),
            pytest.param(
                lambda: TimeoutScheduler.singleton().schedule(lambda *_: None), id="timeout"
            ),
            pytest.param(lambda: NewThreadScheduler().schedule(lambda *_: None), id="new-thread"),
        ],
    )
    def test_refused_even_if_the_code_swallows_it(self, what: Callable[[], object]) -> None:
        async def main() -> str:
            with suppress(RefusedError):
                what()
            return "as if nothing had happened"

        assert isinstance(verdict_of(main), Unsupported)

    def test_streams_and_subprocesses_of_the_loop(self) -> None:
        async def connect() -> None:
            await asyncio.open_connection("127.0.0.1", 9)

        async def start() -> None:
            await asyncio.create_subprocess_exec("true")

        assert isinstance(verdict_of(connect), Unsupported)
        assert isinstance(verdict_of(start), Unsupported)

    def test_call_soon_threadsafe_from_a_real_thread(self) -> None:
        errors: list[Exception] = []
        loop = VirtualLoop()

        def call() -> None:
            try:
                loop.call_soon_threadsafe(print)
            except Exception as error:
                errors.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
        loop.close()
        assert [type(error) for error in errors] == [RefusedError]
        assert isinstance(loop.verdict, Unsupported)


class TestSignals:
    def test_a_handler_is_called_on_the_loop(self) -> None:
        async def main() -> bool:
            loop, event = asyncio.get_running_loop(), asyncio.Event()
            assert isinstance(loop, VirtualLoop)
            loop.add_signal_handler(signal.SIGTERM, event.set)
            delivered = loop.deliver_signal(signal.SIGTERM)
            await event.wait()
            removed = loop.remove_signal_handler(signal.SIGTERM)
            return delivered and removed and not loop.deliver_signal(signal.SIGTERM)

        assert run(main)
