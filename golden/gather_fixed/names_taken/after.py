"""A name that the pipeline would need means something else here."""

import asyncio


def fork_join(left, right):
    return [left, right]


async def run(left, right):
    return fork_join(*await asyncio.gather(left(), right()))
