import asyncio


async def digest(function, item):
    return await asyncio.to_thread(function, item)


async def digest_in_a_chain(function, item):
    return await asyncio.to_thread(function, item)


async def digest_without_context(function, item):
    return await asyncio.get_running_loop().run_in_executor(None, function, item)
