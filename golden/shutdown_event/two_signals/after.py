"""A drain that ends by itself, or by force."""

import asyncio

import reactivex as rx
from reactivex import operators as ops

from _operators import (
    EventSubject,
    concat_map,
    flat_map,
    last_value_from,
    pull_from,
    take_until,
)


class Server:
    def __init__(self, serve):
        self.serve = serve
        self.stop_accepting = EventSubject()
        self.force_kill = EventSubject()

    async def run(self, requests):
        running = []

        async def each_request(request):
            running.append(asyncio.ensure_future(self.serve(request)))
            await last_value_from(rx.timer(0.3))

        await last_value_from(
            pull_from(requests).pipe(
                take_until(self.stop_accepting),
                concat_map(each_request),
                ops.default_if_empty(),
            )
        )
        if running:
            await self._drain(running)
        return len(running)

    async def _drain(self, running):
        killed = asyncio.create_task(self.force_kill.wait())
        drained = asyncio.gather(*running, return_exceptions=True)
        await asyncio.wait({killed, drained}, return_when=asyncio.FIRST_COMPLETED)
        if self.force_kill.is_set():
            for task in running:
                task.cancel()
            await last_value_from(
                rx.from_iterable(running).pipe(
                    flat_map(lambda task: task, return_exceptions=True), ops.to_list()
                )
            )
        killed.cancel()
