"""Others that gather; one of them is the real one."""

from asyncio import gather as together
from types import SimpleNamespace

from _operators import fork_join, last_value_from


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
        await last_value_from(fork_join(call("one"), call("two"))),
        FINDERS["real"] is together,
    )


FINDERS = {"real": together}
