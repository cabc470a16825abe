import asyncio

ready = asyncio.Event()
other = asyncio.Event()


async def serve(accept):
    while not ready.is_set():
        await accept()


def waiting() -> int:
    """How many wait for us."""
    return len(ready._waiters)


def reset() -> None:
    if other.is_set():
        other._value = False
