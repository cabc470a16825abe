import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    limited = [lambda call: subject.RateLimitError(str(call))]
    world.fails("fetch", 0.5, error=limited * 5 + [OSError, lambda call: ValueError("429")])

    async def fetch(page: object) -> object:
        return await world.call("fetch", page)

    async def parts():
        for n in range(2):
            yield await fetch(n)

    class Queue:
        async def get(self) -> object:
            item = await world.call("get")
            if item.endswith("#3"):
                raise LookupError(item)
            return item

    world.fails("get", 0.2)
    loop = asyncio.get_running_loop()
    match world.pick("what", ["feed", "pages", "stream", "two", "any", "late", "other"]):
        case "feed":
            return await subject.feed(Queue(), fetch)
        case "pages":
            return await subject.each_page(fetch, 3)
        case "stream":
            return [part async for part in subject.streamed(parts)]
        case "two":
            return await subject.two_reasons(fetch)
        case "any":
            return await subject.anything_at_all(fetch)
        case "late":
            return await subject.until_the_deadline(fetch, loop.time)
    return await subject.not_a_rate_limit(fetch, "u")
