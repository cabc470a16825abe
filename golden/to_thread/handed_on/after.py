"""A coroutine that somebody else awaits is a coroutine still."""

import asyncio
from functools import partial

import reactivex as rx

from _operators import in_thread, last_value_from


class Backups:
    def __init__(self, copy):
        self._copy = copy
        self._tasks = set()

    def start(self, name):
        task = asyncio.create_task(
            last_value_from(
                rx.from_callable(partial(self._copy, name)).pipe(in_thread())
            ),
            name=f"copy {name}",
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def copied(self, name):
        return last_value_from(
            rx.from_callable(partial(self._copy, name)).pipe(in_thread())
        )

    async def all_of(self, names):
        async with asyncio.TaskGroup() as group:
            copies = [
                group.create_task(
                    last_value_from(
                        rx.from_callable(partial(self._copy, name)).pipe(in_thread())
                    )
                )
                for name in names
            ]
        return [copy.result() for copy in copies]

    async def one_of(self, name):
        return await asyncio.shield(
            last_value_from(
                rx.from_callable(partial(self._copy, name)).pipe(in_thread())
            )
        )
