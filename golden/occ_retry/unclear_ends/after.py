"""Ways out of the loop that code below it tells apart."""

import asyncio

import reactivex as rx

from _operators import last_value_from


class ConflictError(Exception):
    pass


async def returns_or_breaks(store, key):
    for attempt in range(3):
        try:
            if await store.write(key):
                return "written"
            break
        except ConflictError:
            await last_value_from(rx.timer(0.1))
    return "not written"


async def leaves_early(store, key):
    for attempt in range(5):
        try:
            return await store.write(key)
        except ConflictError:
            if store.closed:
                break
            await last_value_from(rx.timer(0.1))
    return "left"


async def returns_between(store, key):
    for attempt in range(5):
        try:
            return await store.write(key)
        except ConflictError as error:
            if attempt:
                await last_value_from(rx.timer(0.1))
                if error.args:
                    return None
            await last_value_from(rx.timer(0.2))


async def optional_number(store, key, retries: int | None = None):
    for attempt in range(retries):
        try:
            return await store.write(key)
        except ConflictError:
            await last_value_from(rx.timer(0.1))


def not_async(store, key, loop):
    async def once():
        return await store.write(key)

    while True:
        try:
            return loop.run_until_complete(once())
        except ConflictError:
            loop.run_until_complete(asyncio.sleep(0.1))
