"""Several loops, conditions, and names that the call takes in another order."""

import asyncio
from itertools import product


class Matrix:
    def __init__(self, run, versions, platforms):
        self._run = run
        self.versions = versions
        self.platforms = platforms

    async def test_all(self, suites, *, slow=False):
        return await asyncio.gather(
            *[
                self._test(suite, version, platform, slow=slow)
                for suite in suites
                for version in self.versions
                if version != "3.12" or suite != "legacy"
                for platform in self.platforms
            ]
        )

    async def smoke(self, suites):
        # Platform first: the runner groups by it.
        await asyncio.gather(
            *(self._run(platform, suite) for suite in suites for platform in self.platforms)
        )

    async def latest(self, suites):
        newest = max(self.versions, default="3.11")
        return await asyncio.gather(
            *[self._run(suite, newest) for suite, _ in product(suites, self.platforms) if suite]
        )

    async def repeat(self, times):
        return await asyncio.gather(*[self._once() for _ in range(times)])

    async def _once(self):
        return await self._run("once", "")

    async def _test(self, suite, version, platform, *, slow):
        return await self._run(f"{suite}{'-slow' if slow else ''}", f"{version}/{platform}")
