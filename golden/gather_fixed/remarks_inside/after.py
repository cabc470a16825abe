"""Remarks between the awaitables stay beside them."""

import asyncio

from _operators import fork_join, last_value_from


async def start(server, worker):
    await last_value_from(
        fork_join(
            server(),  # listens
            # Until somebody stops it.
            worker(),
        )
    )


async def stop(server, worker):
    # Both at once.
    await last_value_from(fork_join(server(), worker()))  # in no order


async def restart(server, worker):
    await asyncio.gather(server(), worker())  # codemods: skip
