"""Others that gather; one of them is the real one."""

import asyncio as aio
from asyncio import gather as together
from types import SimpleNamespace


async def gather(*nuts):
    """For the winter."""
    return sorted(nuts)


class Wood:
    async def gather(self, *mushrooms):
        return list(mushrooms)


async def autumn(call, asyncio: SimpleNamespace):
    wood = Wood()
    found = [
        await gather("hazelnut", "walnut"),
        await wood.gather("cep", "morel"),
        await asyncio.gather("chestnut"),
    ]

    async def inner(together):
        return await together("acorn")

    found.append(await inner(gather))
    return (
        found,
        await aio.gather(call("one"), call("two")),
        FINDERS["real"] is together,
    )


FINDERS = {"real": together}
