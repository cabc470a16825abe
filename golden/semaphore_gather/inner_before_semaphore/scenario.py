from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("head", error=[ConnectionError, TimeoutError])

    async def head(link: str) -> str:
        return await world.call("head", link)

    async def resolve(host: str) -> str:
        return await world.call("resolve", host)

    count = world.choose("links", 0, 9)
    links = [f"{'mailto' if n % 4 == 2 else 'https'}:{n}" for n in range(count)]
    await subject.warm_up(links[::2], resolve)
    seen: list[object] = []
    await subject.check_all(links, head, lambda *found: seen.append(found))
    return seen
