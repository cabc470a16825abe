"""An event that is set while work may go on, and one that ends it."""

import asyncio


class Player:
    def __init__(self, play):
        self.play = play
        self.running = asyncio.Event()
        self.running.set()
        self.quit = asyncio.Event()

    def pause(self):
        self.running.clear()

    def resume(self):
        self.running.set()

    async def run(self, tracks):
        position = -1
        for position, track in enumerate(tracks):
            if self.quit.is_set():
                break
            await self.running.wait()
            await self.play(track)
        return position

    async def repeat(self, track):
        times = 0
        while not self.quit.is_set():
            await self.running.wait()
            if self.quit.is_set():
                continue
            await self.play(track)
            times = times + 1
        return times
