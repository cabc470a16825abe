"""Remarks between the arguments have no place in a pipeline."""

import asyncio


async def resize(picture, width, height, scale):
    return await asyncio.to_thread(
        scale,
        picture,
        width,  # pixels
        height,
    )


async def rotate(picture, turn):
    # A quarter.
    return await asyncio.to_thread(turn, picture, 90)  # degrees


async def crop(picture, cut):
    return await asyncio.to_thread(cut, picture)  # codemods: skip
