"""More than one collection, or a collection and something else, or tasks of somebody else."""

import asyncio

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from


class Supervisor:
    def __init__(self, call):
        self._call = call
        self._tasks = {}

    def start(self, name):
        self._tasks[name] = asyncio.create_task(self._call("work", name))

    async def join(self):
        return await last_value_from(
            rx.from_iterable(self._tasks.values()).pipe(
                flat_map(lambda task: task, return_exceptions=True), ops.to_list()
            )
        )

    async def stop(self, listeners, sinks):
        await last_value_from(
            rx.from_iterable(
                [
                    self._call("stop", "clock"),
                    *[self._call("stop", listener) for listener in listeners],
                    *(self._call("flush", sink) for sink in sinks),
                ]
            ).pipe(flat_map(lambda task: task), ops.to_list())
        )

    async def wait_for_both(self, first, second):
        return await last_value_from(
            rx.from_iterable([*first, *second]).pipe(
                flat_map(lambda task: task), ops.to_list()
            )
        )

    async def wait_for_open(self, tasks):
        return await last_value_from(
            rx.from_iterable(task for task in tasks if not task.done()).pipe(
                flat_map(lambda task: task), ops.to_list()
            )
        )

    async def wait_for_same(self, task):
        """One task, given twice, is cancelled twice."""
        return await asyncio.gather(*[task] * 2)
