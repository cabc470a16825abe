"""A fixed number of awaitables is no fan-out."""

import asyncio


async def page(user, load):
    profile, posts = await asyncio.gather(load("profile", user), load("posts", user))
    await asyncio.gather()
    await asyncio.gather(load("seen", user), return_exceptions=True)
    return profile, posts
