"""Remarks between the arguments have no place in a pipeline."""

import asyncio
from functools import partial

import reactivex as rx

from _operators import in_thread, last_value_from


async def resize(picture, width, height, scale):
    return await asyncio.to_thread(
        scale,
        picture,
        width,  # pixels
        height,
    )


async def rotate(picture, turn):
    # A quarter.
    return await last_value_from(
        rx.from_callable(partial(turn, picture, 90)).pipe(in_thread())
    )  # degrees


async def crop(picture, cut):
    return await asyncio.to_thread(cut, picture)  # codemods: skip
