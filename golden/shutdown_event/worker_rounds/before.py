import asyncio
import logging

log = logging.getLogger("worker")


class Worker:
    """Takes jobs until it is told to stop."""

    def __init__(self, source, handle, idle=0.25):
        self.source = source
        self.handle = handle
        self.idle = idle
        self.stop_event = asyncio.Event()
        self.errors = 0

    def stop(self):
        self.stop_event.set()

    async def run(self):
        done = 0
        while not self.stop_event.is_set():
            job = await self.source()
            if job is None:
                # nothing to do: look again later
                await asyncio.sleep(self.idle)
                continue
            for attempt in range(2):
                try:
                    await self.handle(job, attempt)
                except ValueError:
                    self.errors += 1
                    continue
                break
            done += 1
            log.debug("%s done", done)
        log.info("worker ends after %d", done)
        return done

    async def run_polling(self):
        await self.source()
        while True:
            if self.stop_event.is_set():
                return
            await self.handle("poll", 0)
            await asyncio.sleep(self.idle * 3)
