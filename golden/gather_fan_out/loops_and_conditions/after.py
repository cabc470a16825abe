"""Several loops, conditions, and names that the call takes in another order."""

from itertools import product

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from


class Matrix:
    def __init__(self, run, versions, platforms):
        self._run = run
        self.versions = versions
        self.platforms = platforms

    async def test_all(self, suites, *, slow=False):
        return await last_value_from(
            rx.from_iterable(
                (suite, version, platform)
                for suite in suites
                for version in self.versions
                if version != "3.12" or suite != "legacy"
                for platform in self.platforms
            ).pipe(flat_map(lambda args: self._test(*args, slow=slow)), ops.to_list())
        )

    async def smoke(self, suites):
        # Platform first: the runner groups by it.
        await last_value_from(
            rx.from_iterable(
                (platform, suite) for suite in suites for platform in self.platforms
            ).pipe(flat_map(lambda pair: self._run(*pair)), ops.to_list())
        )

    async def latest(self, suites):
        newest = max(self.versions, default="3.11")
        return await last_value_from(
            rx.from_iterable(
                suite for suite, _ in product(suites, self.platforms) if suite
            ).pipe(flat_map(lambda suite: self._run(suite, newest)), ops.to_list())
        )

    async def repeat(self, times):
        return await last_value_from(
            rx.from_iterable(range(times)).pipe(
                flat_map(lambda _: self._once()), ops.to_list()
            )
        )

    async def _once(self):
        return await self._run("once", "")

    async def _test(self, suite, version, platform, *, slow):
        return await self._run(f"{suite}{'-slow' if slow else ''}", f"{version}/{platform}")
