"""Nobody knows from the source that the wait may be nothing; it still gives way."""

from collections.abc import Awaitable, Callable

import reactivex as rx

from _operators import last_value_from


async def send_slowly(
    parts: list[str], send: Callable[[str], Awaitable[None]], pause: float, note: Callable[[str], None]
) -> int:
    """Sends the parts with a pause behind each. ``pause`` may be 0, or less."""
    sent = 0
    for part in parts:
        await send(part)
        sent += 1
        note("before the pause")
        await last_value_from(rx.timer(pause))
        note("behind the pause")
    return sent
