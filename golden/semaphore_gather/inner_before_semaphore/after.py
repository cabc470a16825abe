"""Checks links. The coroutine comes first, the semaphore after it."""

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from

LIMIT = 3


async def check_all(links, head, report):
    async def check(link):
        # polite
        try:
            status = await head(link)
        except ConnectionError as error:
            return link, repr(error)
        # anything else is for the caller
        return link, status

    # one host only
    for link, outcome in await last_value_from(
        rx.from_iterable(link for link in links if not link.startswith("mailto:")).pipe(
            flat_map(check, max_concurrent=LIMIT), ops.to_list()
        )
    ):
        report(link, outcome)


async def warm_up(hosts, resolve):
    async def one(host):
        return await resolve(host)
    await last_value_from(
        rx.from_iterable(hosts).pipe(
            flat_map(one, max_concurrent=1, return_exceptions=True), ops.to_list()
        )
    )
