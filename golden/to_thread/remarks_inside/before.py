"""Remarks between the arguments stay beside them."""

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
