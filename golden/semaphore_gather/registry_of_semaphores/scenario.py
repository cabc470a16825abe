from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def get(host: str, page: int) -> str:
        return await world.call("get", host, page)

    async def run(tenant: str, kind: str, number: int = 0) -> str:
        return await world.call("run", tenant, kind)

    count = world.choose("hosts", 0, 4)
    pages = {f"h{n}": list(range(world.choose(f"pages {n}", 0, 4))) for n in range(count)}
    fetched = await subject.request_all(pages, get)
    kinds = ["csv", "pdf", "xml"][: world.choose("kinds", 0, 3)]
    return fetched, await subject.export_all(subject.Budget("acme"), kinds, run)
