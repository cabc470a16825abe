"""Tasks that are created first and gathered then."""

import asyncio
from asyncio import create_task


class Poller:
    def __init__(self, read) -> None:
        self._read = read

    async def _poll(self, sensor: str) -> str:
        return await self._read(sensor)

    async def poll(self, sensors: list[str]) -> list[str]:
        return await asyncio.gather(*[asyncio.create_task(self._poll(s)) for s in sensors])

    async def poll_listed(self, sensors: list[str]) -> list[str]:
        tasks = [create_task(self._poll(sensor)) for sensor in sensors]
        return await asyncio.gather(*tasks)

    async def poll_named(self, sensors: list[str]) -> list[str]:
        """The tasks can be told from one another in the debugger."""
        return await asyncio.gather(
            *[create_task(self._poll(s), name=f"poll {s}") for s in sensors]
        )

    async def poll_by_index(self, sensors: dict[int, str], indices: list[int]) -> list[str]:
        """Those before an index that is not there have begun when it turns out."""
        tasks = [create_task(self._poll(sensors[index])) for index in indices]
        return await asyncio.gather(*tasks)

    async def poll_stream(self, sensors) -> list[str]:
        tasks = [create_task(self._poll(sensor)) for sensor in sensors()]
        return await asyncio.gather(*tasks)

    async def poll_late(self, sensors: list[str]) -> list[str]:
        """They run while something else is awaited."""
        tasks = [create_task(self._poll(sensor)) for sensor in sensors]
        await self._read("clock")
        return await asyncio.gather(*tasks)
