"""What a job is given is what there was when it was handed over."""

import asyncio


class Archive:
    def __init__(self, write, level):
        self.write = write
        self.level = level

    async def pack(self, name, *parts, **options):
        size = await asyncio.to_thread(
            self.write, name, *parts, level=self.level, **options
        )
        self.level += 1
        return size

    async def pack_twice(self, name):
        write, level = self.write, self.level
        first = asyncio.create_task(asyncio.to_thread(self.write, name, level=level))
        level, name = 99, "renamed"
        self.write = None
        await first
        self.write = write
        return await asyncio.to_thread(
            write, await self.pack(name), level, func=write is None
        )

    async def pack_default(self, entry):
        return await asyncio.to_thread(
            self.write, (name := entry.strip()), next(iter(entry)) + name
        )
