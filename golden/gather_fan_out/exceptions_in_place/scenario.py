from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def post(url: str, event: str) -> str:
        return await world.call("post", url, event)

    urls = [f"u{number}" for number in range(world.choose("urls", 0, 6))]
    webhooks = subject.Webhooks(post, lenient=world.chance("lenient", 0.5))
    counts = await webhooks.fire(urls, "created")
    told = await webhooks.fire_as_told(urls, "updated")
    return counts, told, await webhooks.fire_strictly(urls, "deleted")
