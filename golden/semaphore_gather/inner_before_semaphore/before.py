"""Checks links. The coroutine comes first, the semaphore after it."""
import asyncio as aio

LIMIT = 3


async def check_all(links, head, report):
    async def check(link):
        async with sem:  # polite
            try:
                status = await head(link)
            except ConnectionError as error:
                return link, repr(error)
            # anything else is for the caller
            return link, status

    # one host only
    sem = aio.Semaphore(value=LIMIT)
    for link, outcome in await aio.gather(
        *(check(link) for link in links if not link.startswith("mailto:")),
        return_exceptions=False,
    ):
        report(link, outcome)


async def warm_up(hosts, resolve):
    async def one(host):
        async with gate: return await resolve(host)
    gate = aio.Semaphore()
    await aio.gather(*map(one, hosts), return_exceptions=True)
