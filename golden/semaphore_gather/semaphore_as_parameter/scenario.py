from codemods.verify.world import World


class Client:
    def __init__(self, world: World) -> None:
        self._world = world

    async def get(self, url: str) -> str:
        return await self._world.call("get", url)

    async def put(self, url: str, body: str) -> None:
        await self._world.call("put", url, body)


async def scenario(subject, world: World) -> object:
    urls = [f"u{number}" for number in range(world.choose("urls", 0, 7))]
    await subject.Crawler(Client(world)).crawl(urls, world.choose("limit", 1, 4))
