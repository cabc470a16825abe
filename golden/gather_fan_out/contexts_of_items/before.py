"""Each item has a context of its own; what it sets, the others do not see."""

import asyncio
import contextvars

REQUEST_ID = contextvars.ContextVar("REQUEST_ID", default="-")
DEPTH = contextvars.ContextVar("DEPTH", default=0)


async def handle(number, call):
    before = REQUEST_ID.get()
    REQUEST_ID.set(f"{before}/{number}")
    DEPTH.set(DEPTH.get() + 1)
    await call("handle", number, REQUEST_ID.get(), DEPTH.get())
    return before, REQUEST_ID.get()


async def handle_all(count, call):
    token = REQUEST_ID.set("root")
    try:
        outcomes = await asyncio.gather(*[handle(number, call) for number in range(count)])
        REQUEST_ID.set("second")
        outcomes += await asyncio.gather(*(handle(number, call) for number in range(count)))
        return outcomes, REQUEST_ID.get(), DEPTH.get()
    finally:
        REQUEST_ID.reset(token)
