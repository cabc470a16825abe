"""What is limited is there before the limit is worked out, wherever that can be told."""

import asyncio


class Poller:
    left = property(lambda self: self.budget)

    def __init__(self, ask, clock):
        self._ask = ask
        self._clock = clock
        self.budget = 2.0

    def _remaining(self):
        self.budget -= 0.25
        return self.budget - self._clock("remaining")

    def _request(self, name):
        """Counts against the budget at once."""
        self.budget -= 0.5
        self._clock(name)
        return self._ask(name)

    async def _again(self, name):
        self._clock(f"again {name}")
        return await self._ask(name)

    async def run(self, names):
        answers = [
            await asyncio.wait_for(self._request(name), self.budget) for name in names
        ]
        answers.append(await asyncio.wait_for(self._request("left"), self.left))
        answers.append(await asyncio.wait_for(self._request("last"), self._remaining()))
        answers.append(
            await asyncio.wait_for(self._again("late"), timeout=self._remaining())
        )
        answers.append(await asyncio.wait_for(self._ask(self._clock("ask")), 1.5))
        answers.append(await asyncio.wait_for(fut=self._request("never"), timeout=None))
        return answers

    async def run_for(self, names, limit):
        request = self._request
        return [
            await asyncio.wait_for(request(await self._again(name)), limit + len(names))
            for name in names
        ]
