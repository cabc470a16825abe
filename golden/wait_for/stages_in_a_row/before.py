"""Limits of other primitives: one pipeline each."""

import asyncio


async def digest(path, read, limit):
    return await asyncio.wait_for(asyncio.to_thread(read, path), limit)


async def digest_without_context(path, read):
    loop = asyncio.get_running_loop()
    return await asyncio.wait_for(loop.run_in_executor(None, read, path), 0.4)


async def ask_twice(ask, outer, inner):
    return await asyncio.wait_for(asyncio.wait_for(ask("twice"), inner), outer)


async def digest_all(paths, read):
    return await asyncio.gather(
        *[
            asyncio.wait_for(asyncio.to_thread(read, path), timeout=0.7)
            for path in paths
        ],
        return_exceptions=True,
    )


async def ask_all(names, ask):
    return await asyncio.gather(*(asyncio.wait_for(ask(name), 0.5) for name in names))
