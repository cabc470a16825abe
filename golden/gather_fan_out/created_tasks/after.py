"""Tasks that are created first and gathered then."""

from asyncio import create_task

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from


class Poller:
    def __init__(self, read) -> None:
        self._read = read

    async def _poll(self, sensor: str) -> str:
        return await self._read(sensor)

    async def poll(self, sensors: list[str]) -> list[str]:
        return await last_value_from(
            rx.from_iterable(sensors).pipe(flat_map(self._poll), ops.to_list())
        )

    async def poll_listed(self, sensors: list[str]) -> list[str]:
        return await last_value_from(
            rx.from_iterable(sensors).pipe(flat_map(self._poll), ops.to_list())
        )

    async def poll_named(self, sensors: list[str]) -> list[str]:
        """The tasks can be told from one another in the debugger."""
        return await last_value_from(
            rx.from_iterable(sensors).pipe(
                flat_map(lambda s: create_task(self._poll(s), name=f"poll {s}")),
                ops.to_list(),
            )
        )

    async def poll_by_index(self, sensors: dict[int, str], indices: list[int]) -> list[str]:
        """Those before an index that is not there have begun when it turns out."""
        return await last_value_from(
            rx.from_iterable(indices).pipe(
                flat_map(lambda index: create_task(self._poll(sensors[index]))),
                ops.to_list(),
            )
        )

    async def poll_stream(self, sensors) -> list[str]:
        return await last_value_from(
            rx.from_iterable(sensors()).pipe(
                flat_map(lambda sensor: create_task(self._poll(sensor))), ops.to_list()
            )
        )

    async def poll_late(self, sensors: list[str]) -> list[str]:
        """They run while something else is awaited."""
        tasks = [create_task(self._poll(sensor)) for sensor in sensors]
        await self._read("clock")
        return await last_value_from(
            rx.from_iterable(tasks).pipe(flat_map(lambda task: task), ops.to_list())
        )
