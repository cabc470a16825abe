"""One awaitable, or none, gathered all the same."""

from _operators import fork_join, last_value_from


async def page(user, load):
    profile, posts = await last_value_from(
        fork_join(load("profile", user), load("posts", user))
    )
    nothing = await last_value_from(fork_join())
    nothing.append(
        await last_value_from(fork_join(load("seen", user), return_exceptions=True))
    )
    (only,) = await last_value_from(fork_join(load("only", user)))
    return profile, posts, nothing, only
