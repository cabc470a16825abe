"""Remarks between the awaitables stay beside them."""

import asyncio


async def start(server, worker):
    await asyncio.gather(
        server(),  # listens
        # Until somebody stops it.
        worker(),
    )


async def stop(server, worker):
    # Both at once.
    await asyncio.gather(server(), worker())  # in no order


async def restart(server, worker):
    await asyncio.gather(server(), worker())  # codemods: skip
