"""Load test, to be thrown away. Ramps users up, 100 ms apart."""
import asyncio as aio
from contextvars import ContextVar

user = ContextVar("user", default = -1)

async def ramp_up(n, session):
    async def one(i):
        user.set(i)
        return await session(i, user.get())

    ts = []
    for i in range(n):
        if i: await aio.sleep(.1)
        ts.append(aio.create_task(one(i), name = f"user-{i}"))
    return await aio.gather(*ts)
