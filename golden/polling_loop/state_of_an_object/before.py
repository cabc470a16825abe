"""Nothing is called: the loop looks at what others change meanwhile."""

import asyncio


class Connection:
    def __init__(self, settings):
        self.settings = settings
        self.state = "connecting"
        self.streams = []
        self.paused = False

    async def ready(self):
        while self.state == "connecting":
            await asyncio.sleep(self.settings.interval)
        return self.state

    async def drained(self, limit=10):
        # Streams end by themselves; nobody tells us.
        while len(self.streams) > 0 and not self.paused:  # paused: somebody takes over
            # a tick is enough
            await asyncio.sleep(0.05)
        return not self.streams

    async def idle(self, is_idle):
        while True:
            await asyncio.sleep(0.1)
            if is_idle():
                break
        self.state = "idle"

    async def closed(self, timer):
        while any(stream.open for stream in self.streams): await asyncio.sleep(.2)
        while not (
            timer.expired
            or self.state == "closed"
        ):
            await asyncio.sleep(delay=.3)
        return self.state
