import asyncio


class Latch(asyncio.Event):
    """Set for good."""

    def clear(self):
        raise RuntimeError("a latch stays set")


def wait_any(event):
    if isinstance(event, asyncio.Event):
        return event.wait()
    return event


class Gate:
    def __init__(self):
        self._open = asyncio.Event()

    async def run(self):
        while not self._open.is_set():
            await wait_any(self._open)
