"""The pause stands behind the launch, and is left out behind the last one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta

WARM_UP_PAUSE = 0.25


async def warm_cache(
    first: date, days: int, render: Callable[[date, str], Awaitable[bytes]], theme: str = "light"
) -> dict[date, bytes]:
    """Render the pages of ``days`` days, one after the other started, all of them awaited."""
    pages = [first + timedelta(days=n) for n in range(days)]
    renderings = []
    for number, page in enumerate(pages):
        renderings.append(
            asyncio.ensure_future(
                render(
                    page,
                    theme,  # the dark one is rendered on demand
                )
            )
        )
        if number < len(pages) - 1:
            await asyncio.sleep(WARM_UP_PAUSE * 2)
    done = await asyncio.gather(*renderings)
    return dict(zip(pages, done))
