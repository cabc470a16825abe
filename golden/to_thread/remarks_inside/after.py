"""Remarks between the arguments stay beside them."""

import asyncio
from functools import partial

import reactivex as rx

from _operators import in_thread, last_value_from


async def resize(picture, width, height, scale):
    return await last_value_from(
        rx.from_callable(
            partial(
                scale,
                picture,
                width,  # pixels
                height,
            )
        ).pipe(in_thread())
    )


async def rotate(picture, turn):
    # A quarter.
    return await last_value_from(
        rx.from_callable(partial(turn, picture, 90)).pipe(in_thread())
    )  # degrees


async def crop(picture, cut):
    return await asyncio.to_thread(cut, picture)  # codemods: skip
