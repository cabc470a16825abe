"""The loop at hand, asked for its default executor."""

import asyncio
import functools
import time


async def read_all(paths, read, parse):
    loop = asyncio.get_running_loop()
    texts = []
    for path in paths:
        texts.append(await loop.run_in_executor(None, read, path))
    return await loop.run_in_executor(
        None, functools.partial(parse, texts, strict=True)
    )


async def read_timed(path, read):
    loop = asyncio.get_event_loop()
    started = loop.time()
    text = await loop.run_in_executor(None, lambda: read(path))
    return text, loop.time() - started


async def read_now(path, read):
    """The old way."""
    # The disk is slow.
    loop = asyncio.get_event_loop()

    # Once is enough.
    text = await loop.run_in_executor(None, read, path)
    await asyncio.get_running_loop().run_in_executor(
        executor=None, func=functools.partial(time.sleep, 0.25)
    )
    return text


async def read_first(paths, read):
    for path in paths:
        loop = asyncio.get_running_loop()
        if text := await loop.run_in_executor(None, read, path):
            return text
    return None


async def read_shared(path, read):
    loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()

    def stamped():
        return loop.time() >= 0 and read(path)

    return await loop.run_in_executor(None, stamped)
