from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("get", error=[ConnectionError, ConnectionError, ValueError])

    async def get(*args: object) -> str:
        return await world.call("get", *args)

    urls = [f"u{number}" for number in range(world.choose("urls", 0, 7))]
    downloader = subject.Downloader(get, concurrency=world.choose("limit", 1, 4))
    mirrored = await downloader.mirror(urls, "tmp")
    refreshed = await downloader.refresh(urls)
    probed = await downloader.probe([{"address": url} for url in urls])
    return mirrored, refreshed, probed, downloader.generation
