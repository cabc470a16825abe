"""What a job is given is what there was when it was handed over."""

import asyncio
from functools import partial

import reactivex as rx

from _operators import in_thread, last_value_from


class Archive:
    def __init__(self, write, level):
        self.write = write
        self.level = level

    async def pack(self, name, *parts, **options):
        size = await last_value_from(
            rx.from_callable(
                partial(self.write, name, *parts, level=self.level, **options)
            ).pipe(in_thread())
        )
        self.level += 1
        return size

    async def pack_twice(self, name):
        write, level = self.write, self.level
        first = asyncio.create_task(
            last_value_from(
                rx.from_callable(partial(self.write, name, level=level)).pipe(
                    in_thread()
                )
            )
        )
        level, name = 99, "renamed"
        self.write = None
        await first
        self.write = write
        return await last_value_from(
            rx.from_callable(
                partial(write, await self.pack(name), level, func=write is None)
            ).pipe(in_thread())
        )

    async def pack_default(self, entry):
        return await last_value_from(
            rx.from_callable(
                partial(self.write, (name := entry.strip()), next(iter(entry)) + name)
            ).pipe(in_thread())
        )
