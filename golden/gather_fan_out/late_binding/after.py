"""Functions made for each item see the variable of the loop, not its value: so it stays."""

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from


async def notify(users, send):
    """Every message is for the last user; that is how it always was."""
    return await last_value_from(
        rx.from_iterable([send(lambda: f"hello {user}") for user in users]).pipe(
            flat_map(lambda task: task), ops.to_list()
        )
    )


async def notify_rightly(users, send):
    return await last_value_from(
        rx.from_iterable(
            [send(lambda user=user: f"hello {user}") for user in users]
        ).pipe(flat_map(lambda task: task), ops.to_list())
    )


async def tag(articles, send):
    return await last_value_from(
        rx.from_iterable(
            [
                send(tag.upper() for tag in [article, "news"] if article)
                for article in articles
            ]
        ).pipe(flat_map(lambda task: task), ops.to_list())
    )


async def label(articles, send):
    return await last_value_from(
        rx.from_iterable(articles).pipe(
            flat_map(lambda article: send([part + article for part in "ab"])),
            ops.to_list(),
        )
    )


async def call_now(users, send):
    greeting = "good morning"
    sent = await last_value_from(
        rx.from_iterable(users).pipe(
            flat_map(lambda _: send(lambda: greeting)), ops.to_list()
        )
    )
    greeting = "good night"
    return sent, greeting
