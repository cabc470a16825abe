"""Worker threads of a simulated run: no thread is made, each job has a clock of its own.

The model: a job starts as soon as its pool has a free worker (first come, first served). Its
body runs in one go; ``time.sleep`` and blocking probes in it add to its cost; its outcome is
delivered at start + cost, and its worker is free then. What the body does to shared state is
therefore seen at its start: the one simplification.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codemods.verify.loop import VirtualLoop


@dataclass(slots=True, eq=False)
class _Job:
    future: Future[Any]
    body: Callable[[], Any]
    pool: _Pool
    end_ns: int | None = None
    ended: bool = False
    deliver: Callable[[], None] = field(default=lambda: None)


@dataclass(slots=True, eq=False)
class _Pool:
    executor: ThreadPoolExecutor
    workers: int
    queue: deque[_Job] = field(default_factory=deque)
    running: list[_Job] = field(default_factory=list)
    shut: bool = False


class Workshop:
    """All simulated worker threads of one loop."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._pools: dict[int, _Pool] = {}
        self._clock: int | None = None

    @property
    def in_worker(self) -> bool:
        """Whether the code that runs now runs in a worker thread."""
        return self._clock is not None

    def clock_ns(self, loop_ns: int) -> int:
        return loop_ns if self._clock is None else self._clock

    def charge(self, cost: int) -> bool:
        """Add to the running job's cost. False if no job runs."""
        if self._clock is None:
            return False
        self._clock += max(cost, 0)
        return True

    # Jobs.

    def submit(
        self, executor: ThreadPoolExecutor, fn: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Future[Any]:
        """What ``executor.submit`` does in a simulated run."""
        pool = self._pool(executor)
        if pool.shut:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future: Future[Any] = Future()
        pool.queue.append(_Job(future, lambda: fn(*args, **kwargs), pool))
        self._fill(pool)
        return future

    def _pool(self, executor: ThreadPoolExecutor) -> _Pool:
        if id(executor) not in self._pools:
            self._pools[id(executor)] = _Pool(executor, executor._max_workers)
        return self._pools[id(executor)]

    def _fill(self, pool: _Pool) -> None:
        while pool.queue and len(pool.running) < pool.workers:
            job = pool.queue.popleft()
            if job.future.set_running_or_notify_cancel():
                pool.running.append(job)
                # Not inside the caller's step: a thread needs a moment to start as well, and
                # the caller has begun to wait by then.
                self._loop.at_ns(self._loop.now_ns(), self._begin, job)

    def _begin(self, job: _Job) -> None:
        if job.end_ns is not None:
            return
        running_loop, clock = asyncio._get_running_loop(), self._clock
        asyncio._set_running_loop(None)
        self._clock = self._loop._now_ns
        try:
            # A worker thread starts with an empty context; whoever wants another one
            # (asyncio.to_thread) brings it along.
            value = contextvars.Context().run(job.body)
        except BaseException as error:
            job.deliver = _raising(job.future, error)
        else:
            job.deliver = _returning(job.future, value)
        finally:
            end = self._loop.now_ns()
            self._clock = clock
            asyncio._set_running_loop(running_loop)
        job.end_ns = end
        self._loop.at_ns(end, self._end, job)

    def _end(self, job: _Job) -> None:
        if job.ended:
            return
        job.ended = True
        job.pool.running.remove(job)
        job.deliver()
        self._fill(job.pool)

    # Waiting for jobs.

    def unfinished(self, executor: ThreadPoolExecutor) -> int:
        """Jobs of this executor that run or wait for a worker."""
        pool = self._pool(executor)
        return len(pool.running) + len(pool.queue)

    def running_jobs(self) -> int:
        return sum(len(pool.running) for pool in self._pools.values())

    def open_pools(self, default: ThreadPoolExecutor | None) -> int:
        """Pools with threads that nobody has shut down, the loop's own aside."""
        return sum(not pool.shut for pool in self._pools.values() if pool.executor is not default)

    def next_end_ns(self) -> int:
        """When the next running job ends; now, if none runs or one has not begun."""
        now = self._loop.now_ns()
        ends = [job.end_ns for pool in self._pools.values() for job in pool.running]
        return min((now if end is None else end for end in ends), default=now)

    def finish_next(self, deadline_ns: int | None) -> bool:
        """The loop's thread is blocked: let the next job end, unless that is too late.

        Returns False, and leaves the clock alone, if no job ends until ``deadline_ns``.
        """
        for job in self._running():
            self._begin(job)
        running = [(job.end_ns or 0, job) for job in self._running()]
        if not running:
            return False
        end, job = min(running, key=itemgetter(0))
        if deadline_ns is not None and end > deadline_ns:
            return False
        self._loop.block_ns(end - self._loop.now_ns())
        self._end(job)
        return True

    def _running(self) -> list[_Job]:
        return [job for pool in self._pools.values() for job in pool.running]

    def shut_down(self, executor: ThreadPoolExecutor, *, wait: bool, cancel: bool) -> None:
        """What ``executor.shutdown`` does in a simulated run; with ``wait`` it blocks."""
        pool = self._pool(executor)
        pool.shut = True
        if cancel:
            for job in pool.queue:
                job.future.cancel()
            pool.queue.clear()
        while wait and not self.in_worker and (pool.running or pool.queue):
            self.finish_next(None)


def _returning(future: Future[Any], value: Any) -> Callable[[], None]:
    return lambda: future.set_result(value)


def _raising(future: Future[Any], error: BaseException) -> Callable[[], None]:
    return lambda: future.set_exception(error)
