"""Loops that come from somewhere: nobody knows from the source that it is the running one."""

from __future__ import annotations

import asyncio
from functools import lru_cache, partial

import reactivex as rx

from _operators import in_executor, last_value_from


class Bot:
    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop = loop or asyncio.get_event_loop()

    async def thumbnail(self, picture, shrink):
        return await last_value_from(
            rx.from_callable(partial(shrink, picture)).pipe(
                in_executor(loop=self._loop)
            )
        )


class Gallery:
    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    async def show(self, picture, shrink):
        small = await last_value_from(
            rx.from_callable(partial(shrink, picture)).pipe(
                in_executor(loop=self.bot._loop)
            )
        )
        return await self.bot._loop.run_in_executor(
            None, shrink, await self.smaller(small, shrink)
        )

    async def smaller(self, picture, shrink):
        return await self.bot.thumbnail(picture, shrink)


async def shrink_all(loop, pictures, shrink):
    return [
        await last_value_from(
            rx.from_callable(partial(shrink, each)).pipe(in_executor(loop=loop))
        )
        for each in pictures
    ]


@lru_cache
def the_loop():
    return asyncio.get_event_loop()


async def shrink_one(picture, shrink, executor):
    first = await last_value_from(
        rx.from_callable(partial(shrink, picture)).pipe(in_executor(loop=the_loop()))
    )
    await the_loop().run_in_executor(None, shrink, picture.upper())
    await asyncio.get_running_loop().run_in_executor(executor, shrink, "elsewhere")
    return first
