"""The loop at hand, asked for its default executor."""

import asyncio
import functools
import time

import reactivex as rx

from _operators import in_executor, last_value_from


async def read_all(paths, read, parse):
    texts = []
    for path in paths:
        texts.append(
            await last_value_from(
                rx.from_callable(functools.partial(read, path)).pipe(in_executor())
            )
        )
    return await last_value_from(
        rx.from_callable(functools.partial(parse, texts, strict=True)).pipe(
            in_executor()
        )
    )


async def read_timed(path, read):
    loop = asyncio.get_event_loop()
    started = loop.time()
    text = await last_value_from(
        rx.from_callable(lambda: read(path)).pipe(in_executor())
    )
    return text, loop.time() - started


async def read_now(path, read):
    """The old way."""

    # The disk is slow.
    # Once is enough.
    text = await last_value_from(
        rx.from_callable(functools.partial(read, path)).pipe(in_executor())
    )
    await last_value_from(
        rx.from_callable(functools.partial(time.sleep, 0.25)).pipe(in_executor())
    )
    return text


async def read_first(paths, read):
    for path in paths:
        if text := await last_value_from(
            rx.from_callable(functools.partial(read, path)).pipe(in_executor())
        ):
            return text
    return None


async def read_shared(path, read):
    loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()

    def stamped():
        return loop.time() >= 0 and read(path)

    return await last_value_from(rx.from_callable(stamped).pipe(in_executor()))
