"""A coroutine that somebody else awaits is a coroutine still."""

import asyncio
from functools import partial


class Backups:
    def __init__(self, copy):
        self._copy = copy
        self._tasks = set()

    def start(self, name):
        task = asyncio.create_task(
            asyncio.to_thread(self._copy, name), name=f"copy {name}"
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def copied(self, name):
        return asyncio.to_thread(partial(self._copy, name))

    async def all_of(self, names):
        async with asyncio.TaskGroup() as group:
            copies = [
                group.create_task(asyncio.to_thread(self._copy, name)) for name in names
            ]
        return [copy.result() for copy in copies]

    async def one_of(self, name):
        return await asyncio.shield(asyncio.to_thread(self._copy, name))
