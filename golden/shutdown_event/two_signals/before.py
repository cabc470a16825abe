"""A drain that ends by itself, or by force."""

import asyncio


class Server:
    def __init__(self, serve):
        self.serve = serve
        self.stop_accepting = asyncio.Event()
        self.force_kill = asyncio.Event()

    async def run(self, requests):
        running = []
        for request in requests:
            if self.stop_accepting.is_set():
                break
            running.append(asyncio.ensure_future(self.serve(request)))
            await asyncio.sleep(0.3)
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
            await asyncio.gather(*running, return_exceptions=True)
        killed.cancel()
