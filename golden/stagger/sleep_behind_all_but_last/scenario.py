from datetime import date

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def render(page: date, theme: str) -> bytes:
        return (await world.call("render", page.isoformat(), theme)).encode()

    days = world.choose("days", 0, 10)
    return await subject.warm_cache(date(2024, 2, 27), days, render)
