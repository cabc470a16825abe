"""In the caller's own task."""


async def fetch_one(fetch, item):
    work = fetch(item)
    return await work
