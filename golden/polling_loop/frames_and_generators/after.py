"""Code that looks at its own function, or yields from the loop, cannot move."""

import asyncio
import warnings

import reactivex as rx
from reactivex import operators as ops

from _operators import last_value_from, poll


class Base:
    async def state(self) -> str:
        return await self.ask("base")


class Derived(Base):
    def __init__(self, ask) -> None:
        self.ask = ask

    async def wait(self) -> str:
        while True:
            state = await super().state()
            if state == "done":
                return state
            await last_value_from(rx.timer(0.5))

    async def wait_warning(self) -> None:
        while await self.ask("warning") != "done":
            warnings.warn("not done yet", stacklevel=2)
            await last_value_from(rx.timer(0.5))

    async def states(self):
        while True:
            state = await self.ask("states")
            yield state
            if state == "done":
                break
            await last_value_from(rx.timer(0.5))

    async def variables(self) -> dict:
        while True:
            state = await self.ask("variables")
            if state == "done":
                break
            await last_value_from(rx.timer(0.5))
        return {name for name in locals() if name != "self"}

    async def first(self):
        """The loop yields nothing: it may move."""
        await last_value_from(
            rx.interval(0.5).pipe(
                poll(lambda _: self.ask("first")),
                ops.take_while(lambda answer: answer != "done", inclusive=True),
                ops.last(),
            )
        )
        yield "done"
        await asyncio.sleep(0)
