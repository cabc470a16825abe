"""Names that the rewritten code would like to use."""

import asyncio

from _operators import last_value_from, occ_transition

TryAgain = "try again"


class ConflictError(Exception):
    pass


def transition(row: dict) -> dict:
    return row | {"moved": True}


async def move(store, key: str, backoff: float, wait: float, *, n: int = 3) -> dict:
    async def transition_once() -> dict:
        return await store.put(transition(await store.get(key)))

    def _backoff(_: int, _error: ConflictError) -> float:
        pause = backoff + wait * _
        store.note(TryAgain, key, pause)
        return pause

    return await last_value_from(
        occ_transition(
            transition_once, max_attempts=n, conflict=ConflictError, backoff=_backoff
        )
    )


async def move_from_outside(store, key: str) -> dict:
    while True:
        row = await store.get(key)
        try:
            return await store.put(row)
        except ConflictError:
            await asyncio.sleep(0.1)
