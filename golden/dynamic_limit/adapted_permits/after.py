"""Permits that are set while nothing runs."""

from reactivex.subject import BehaviorSubject

from _operators import dynamic_semaphore

gate_limit = BehaviorSubject(1)
gate = dynamic_semaphore(gate_limit)


class Pool:
    def __init__(self, size: int) -> None:
        self.limit = BehaviorSubject(size)
        self.sem = dynamic_semaphore(self.limit)
        self.jobs = 0

    async def run(self, job, *args):
        async with self.sem:
            self.jobs += 1
            return await job(*args)

    def resize(self, size: int) -> None:
        self.limit.on_next(size)

    def grow(self, by: int = 1) -> None:
        self.limit.on_next(self.limit.value + by)

    def shrink(self, by: int | None = None) -> None:
        self.limit.on_next(self.limit.value - (by or 1))  # never below nothing


class Boss:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    def boost(self) -> None:
        if self.pool.jobs > 2:
            self.pool.limit.on_next(5)
        gate_limit.on_next(2)


async def guarded(job, *args):
    async with gate:
        return await job(*args)
