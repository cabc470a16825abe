"""Wrong: all items share one context, so what one sets the others see."""

import asyncio
from contextvars import copy_context


async def fetch_all(items, fetch):
    loop, context = asyncio.get_running_loop(), copy_context()
    tasks = [loop.create_task(fetch(item), context=context) for item in items]
    return await asyncio.gather(*tasks)
