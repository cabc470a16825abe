"""The guard raises, and a counter of the function goes on counting between the rounds."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar

import reactivex as rx
from reactivex import operators as ops

from _operators import concat_map, flat_map, last_value_from

logger = logging.getLogger(__name__)
ROUND: ContextVar[int] = ContextVar("ROUND", default=0)


class QuorumLost(Exception):
    pass


async def elect(
    nodes: list[str],
    ask: Callable[[str, int], Awaitable[int]],
    *,
    quorum: int,
) -> tuple[int, int, dict[str, int]]:
    votes = 0
    terms: dict[str, int] = {}

    ROUND.set(1)
    round_1 = rx.from_iterable(nodes).pipe(
        flat_map(lambda node: ask(node, 0), return_exceptions=True), ops.to_list()
    )

    def round_2(round_1_answers: list[int | BaseException]) -> rx.Observable[list[int]]:
        nonlocal votes
        for node, answer in zip(nodes, round_1_answers):
            if isinstance(answer, BaseException):
                logger.warning("%s did not answer: %r", node, answer)
                continue
            votes += 1
            terms[node] = answer
        if votes < quorum:
            raise QuorumLost(f"{votes} of {len(nodes)}")
        term = max(terms.values(), default=0) + 1

        ROUND.set(2)
        return rx.from_iterable(terms).pipe(
            flat_map(lambda node: ask(node, term)), ops.to_list()
        )

    round_2_answers: list[int] = await last_value_from(
        round_1.pipe(concat_map(round_2))
    )
    return votes, ROUND.get(), dict(zip(terms, round_2_answers))
