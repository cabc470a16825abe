"""Loops that ask an event, and that no function of their own could do as well."""

import asyncio

from _operators import EventSubject


class Reader:
    def __init__(self, read):
        self.read = read
        self.stopped = EventSubject()
        self.later = []

    async def until_found(self, wanted):
        while not self.stopped.is_set():
            found = await self.read()
            if found == wanted:
                return found
        return None

    async def until_empty(self):
        seen = []
        while not self.stopped.is_set():
            item = await self.read()
            if item is None:
                break
            seen.append(item)
        else:
            seen.append("stopped")
        return seen

    async def last(self):
        while not self.stopped.is_set():
            item = await self.read()
        return item

    async def callbacks(self, names):
        for name in names:
            if self.stopped.is_set():
                break
            await self.read()
            self.later.append(lambda: name)
        return [call() for call in self.later]

    async def which(self, names):
        for name in names:
            if self.stopped.is_set():
                break
            await self.read()
        return name

    async def each(self):
        while not self.stopped.is_set():
            yield await self.read()

    async def both(self, limit):
        count = 0
        while count < limit and not self.stopped.is_set():
            await self.read()
            count += 1
        return count

    async def after_failure(self):
        try:
            await self.read()
        except LookupError:
            while not self.stopped.is_set():
                await self.read()
            raise


class Replaced:
    """The event is another one for each run."""

    def __init__(self, read):
        self.read = read
        self.stop = EventSubject()

    async def run(self):
        self.stop = EventSubject()
        asyncio.get_running_loop().call_later(1, self.stop.set)
        while not self.stop.is_set():
            await self.read()
