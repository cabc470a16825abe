import asyncio


async def fetch_in_time(fetch, seconds):
    return await asyncio.wait_for(fetch(), seconds)


async def fetch_in_a_chain(fetch, seconds):
    return await asyncio.wait_for(fetch(), seconds)


async def finish_in_time(task, seconds):
    return await asyncio.wait_for(task, seconds)
