"""Functions made for each item see the variable of the loop, not its value: so it stays."""

import asyncio


async def notify(users, send):
    """Every message is for the last user; that is how it always was."""
    return await asyncio.gather(*[send(lambda: f"hello {user}") for user in users])


async def notify_rightly(users, send):
    return await asyncio.gather(*[send(lambda user=user: f"hello {user}") for user in users])


async def tag(articles, send):
    return await asyncio.gather(
        *[send(tag.upper() for tag in [article, "news"] if article) for article in articles]
    )


async def label(articles, send):
    return await asyncio.gather(*[send([part + article for part in "ab"]) for article in articles])


async def call_now(users, send):
    greeting = "good morning"
    sent = await asyncio.gather(*[send(lambda: greeting) for _ in users])
    greeting = "good night"
    return sent, greeting
