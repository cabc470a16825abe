"""Three waves, and a write behind each but the last."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import reactivex as rx
from reactivex import operators as ops

from _operators import concat_map, do_action, flat_map, last_value_from

Ask = Callable[[str], Awaitable[str]]
Save = Callable[[str, list[str]], Awaitable[None]]


async def refine(questions: list[str], ask: Ask, save_answers: Save) -> list[str]:
    round_1_source = rx.from_iterable(questions).pipe(flat_map(ask), ops.to_list())

    def run_round_2(round_1):
        return rx.from_iterable(round_1).pipe(flat_map(ask), ops.to_list())

    async def save_answers_after_round_2(round_2):
        # round 2 is what people look at
        await save_answers("2", round_2)

    def run_round_3(round_2):
        return rx.from_iterable(round_2).pipe(flat_map(ask), ops.to_list())

    round_3 = await last_value_from(
        round_1_source.pipe(
            do_action(lambda round_1: save_answers("1", round_1)),
            concat_map(run_round_2),
            do_action(save_answers_after_round_2),
            concat_map(run_round_3),
        )
    )
    await save_answers("3", round_3)
    return round_3
