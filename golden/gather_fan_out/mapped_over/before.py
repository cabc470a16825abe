"""``map`` instead of a comprehension."""

import asyncio
from functools import partial


async def ping(host, call):
    return await call("ping", host)


async def ping_all(hosts, call):
    ping_one = partial(ping, call=call)
    up = await asyncio.gather(*map(ping_one, hosts), return_exceptions=True)
    await asyncio.gather(*map(call, hosts, reversed(hosts)))
    await asyncio.gather(*map(partial(call, "bye"), hosts))
    return up
