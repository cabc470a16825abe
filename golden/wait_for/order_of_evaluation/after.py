"""What is limited is there before the limit is worked out, wherever that can be told."""

from _operators import from_async, from_awaitable, last_value_from, timeout


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
            await last_value_from(
                from_awaitable(self._request(name)).pipe(timeout(self.budget))
            )
            for name in names
        ]
        answers.append(
            await last_value_from(
                from_awaitable(self._request("left")).pipe(timeout(self.left))
            )
        )
        answers.append(
            await last_value_from(
                from_awaitable(self._request("last")).pipe(timeout(self._remaining()))
            )
        )
        answers.append(
            await last_value_from(
                from_async(self._again, "late").pipe(timeout(self._remaining()))
            )
        )
        answers.append(
            await last_value_from(
                from_async(self._ask, self._clock("ask")).pipe(timeout(1.5))
            )
        )
        answers.append(
            await last_value_from(
                from_async(self._request, "never").pipe(timeout(None))
            )
        )
        return answers

    async def run_for(self, names, limit):
        request = self._request
        return [
            await last_value_from(
                from_awaitable(request(await self._again(name))).pipe(
                    timeout(limit + len(names))
                )
            )
            for name in names
        ]
