"""Three waves, and a write behind each but the last."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

Ask = Callable[[str], Awaitable[str]]
Save = Callable[[str, list[str]], Awaitable[None]]


async def refine(questions: list[str], ask: Ask, save_answers: Save) -> list[str]:
    round_1 = await asyncio.gather(*[ask(question) for question in questions])
    await save_answers("1", round_1)

    round_2 = await asyncio.gather(*[ask(answer) for answer in round_1])
    # round 2 is what people look at
    await save_answers("2", round_2)

    round_3 = await asyncio.gather(*[ask(answer) for answer in round_2])
    await save_answers("3", round_3)
    return round_3
