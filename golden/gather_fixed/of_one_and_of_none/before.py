"""One awaitable, or none, gathered all the same."""

import asyncio


async def page(user, load):
    profile, posts = await asyncio.gather(load("profile", user), load("posts", user))
    nothing = await asyncio.gather()
    nothing.append(await asyncio.gather(load("seen", user), return_exceptions=True))
    (only,) = await asyncio.gather(load("only", user))
    return profile, posts, nothing, only
