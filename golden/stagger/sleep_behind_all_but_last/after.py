"""The pause stands behind the launch, and is left out behind the last one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from

WARM_UP_PAUSE = 0.25


async def warm_cache(
    first: date, days: int, render: Callable[[date, str], Awaitable[bytes]], theme: str = "light"
) -> dict[date, bytes]:
    """Render the pages of ``days`` days, one after the other started, all of them awaited."""
    pages = [first + timedelta(days=n) for n in range(days)]
    # the dark one is rendered on demand
    done = await last_value_from(
        rx.zip(rx.from_iterable(pages), rx.timer(0, WARM_UP_PAUSE * 2)).pipe(
            ops.starmap(lambda page, _: asyncio.ensure_future(render(page, theme))),
            ops.to_list(),
            ops.flat_map(rx.from_iterable),
            flat_map(lambda task: task),
            ops.to_list(),
        )
    )
    return dict(zip(pages, done))
