"""Names that the rewritten code would like to use."""

import asyncio

TryAgain = "try again"


class ConflictError(Exception):
    pass


def transition(row: dict) -> dict:
    return row | {"moved": True}


async def move(store, key: str, backoff: float, wait: float, *, n: int = 3) -> dict:
    for _ in range(n):
        try:
            return await store.put(transition(await store.get(key)))
        except ConflictError as _error:
            if _ == n - 1:
                raise
            pause = backoff + wait * _
            store.note(TryAgain, key, pause)
            await asyncio.sleep(pause)


async def move_from_outside(store, key: str) -> dict:
    while True:
        row = await store.get(key)
        try:
            return await store.put(row)
        except ConflictError:
            await asyncio.sleep(0.1)
