from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.latency("visit", 0.05, 1.2)
    world.answers(
        "visit", lambda call: [f"{call.args[0]}/{n}" for n in range(call.rng.randint(0, 2))]
    )

    async def visit(url: str) -> list[str]:
        return await world.call("visit", url)

    spider = subject.Spider(visit)
    starts = [f"site-{n}" for n in range(world.choose("starts", 0, 3))]
    try:
        return await spider.crawl(starts, 10)
    finally:
        world.note("pages", sorted(spider.pages.items()))
