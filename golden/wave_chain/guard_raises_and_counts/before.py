"""The guard raises, and a counter of the function goes on counting between the rounds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar

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
    round_1_answers: list[int | BaseException] = await asyncio.gather(
        *[ask(node, 0) for node in nodes], return_exceptions=True
    )
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
    round_2_answers: list[int] = await asyncio.gather(*[ask(node, term) for node in terms])
    return votes, ROUND.get(), dict(zip(terms, round_2_answers))
