import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("fetch", 0.4, error=[ConnectionError, ValueError])
    hosts = ["a.example", "b.example", "c.example"]
    rates = {host: world.choose(host, 1, 5) for host in hosts[:2]}

    async def fetch(host: str, page: str) -> str:
        return await world.call("fetch", host, page)

    crawler = subject.Crawler(fetch, rates)

    async def one(number: int) -> str:
        await asyncio.sleep(world.uniform(f"start {number}", 0.0, 1.0))
        return await crawler.crawl(hosts[number % 3], f"page {number}")

    count = world.choose("pages", 0, 12)
    results = await asyncio.gather(*map(one, range(count)), return_exceptions=True)
    await subject.drain(None)
    await crawler.close()
    return results
