from codemods.verify.world import World


class Backend:
    def __init__(self, world: World) -> None:
        self._world = world

    async def user(self, name: str) -> dict[str, object]:
        return {"name": name, "id": await self._world.call("user", name)}

    async def orders(self, name: str, *, limit: int) -> list[int]:
        await self._world.call("orders", name, limit)
        return [3, 1, 4, 1, 5][: limit + 1]

    async def price(self, order: int, currency: str = "EUR") -> int:
        return await self._world.call("price", order, currency)


async def scenario(subject, world: World) -> object:
    backend = Backend(world)
    try:
        await subject.warm_up(backend)
        return await subject.user_page(backend, "someone", world.choose("limit", 0, 4))
    finally:
        await world.call("after")
