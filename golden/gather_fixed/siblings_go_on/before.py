"""The first error is raised at once; the others go on, and what they do counts."""

import asyncio


class Transfer:
    def __init__(self, call):
        self._call = call
        self.log = []

    async def _step(self, name, *, patient=False):
        try:
            value = await self._call(name)
        except asyncio.CancelledError:
            self.log.append(f"{name} cancelled")
            if patient:
                await self._call(f"{name} cleanup")
            raise
        self.log.append(name)
        return value

    async def run(self):
        try:
            taken, given, told = await asyncio.gather(
                self._step("take"), self._step("give", patient=True), self._step("tell")
            )
        except ValueError:
            self.log.append("failed")
            return self.log
        self.log.append((taken, given, told))
        return await self._call("commit")
