"""An event that is set while work may go on, and one that ends it."""

from reactivex import operators as ops

from _operators import EventSubject, concat_map, forever, last_value_from, take_until


class Player:
    def __init__(self, play):
        self.play = play
        self.running = EventSubject()
        self.running.set()
        self.quit = EventSubject()

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

        async def one_round(_):
            nonlocal times
            await self.running.wait()
            if self.quit.is_set():
                return
            await self.play(track)
            times = times + 1

        await last_value_from(
            forever().pipe(
                take_until(self.quit), concat_map(one_round), ops.default_if_empty()
            )
        )
        return times
