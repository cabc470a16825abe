"""More than one collection, or a collection and something else, or tasks of somebody else."""

import asyncio


class Supervisor:
    def __init__(self, call):
        self._call = call
        self._tasks = {}

    def start(self, name):
        self._tasks[name] = asyncio.create_task(self._call("work", name))

    async def join(self):
        return await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def stop(self, listeners, sinks):
        await asyncio.gather(
            self._call("stop", "clock"),
            *[self._call("stop", listener) for listener in listeners],
            *(self._call("flush", sink) for sink in sinks),
        )

    async def wait_for_both(self, first, second):
        return await asyncio.gather(*first, *second)

    async def wait_for_open(self, tasks):
        return await asyncio.gather(*[task for task in tasks if not task.done()])

    async def wait_for_same(self, task):
        """One task, given twice, is cancelled twice."""
        return await asyncio.gather(*[task] * 2)
