"""Events that tell others that something is there: no loop ends by them."""

import asyncio
from collections import defaultdict

import _operators
from _operators import EventSubject, from_async, last_value_from


class Connection:
    def __init__(self, transport):
        self.transport = transport
        self._ready = EventSubject()
        self._replies = {}
        self._pending = {}
        self._topics = defaultdict(asyncio.Event)

    async def open(self):
        await self.transport("open")
        self._ready.set()

    async def request(self, key, timeout=None):
        await self._ready.wait()
        event = self._pending[key] = EventSubject()
        try:
            await self.transport(key)
            if timeout is not None:
                await last_value_from(
                    from_async(event.wait).pipe(_operators.timeout(timeout))
                )
            else:
                await event.wait()
            return self._replies.pop(key)
        finally:
            del self._pending[key]

    def on_reply(self, key, value):
        self._replies[key] = value
        event = self._pending.get(key)
        if event is not None:
            event.set()

    async def wait_closed(self, *, poll=None):
        closed = EventSubject()
        tasks = [asyncio.create_task(closed.wait()), asyncio.create_task(self._ready.wait())]
        asyncio.get_running_loop().call_soon(closed.set)
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        return len(done)
