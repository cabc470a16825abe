"""Uploads of a batch start one second apart, so that the store can keep up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    stagger: float = 1.0


class Uploader:
    def __init__(
        self, send: Callable[[str], Awaitable[str]], settings: Settings | None = None
    ) -> None:
        self._send = send
        self._settings = settings or Settings()

    async def run_batch(self, rows: Sequence[str]) -> tuple[list[str], list[str]]:
        """Returns what was sent, and what is to be sent again."""
        logger.info("%d rows", len(rows))

        # The store indexes in batches of its own; it sheds load when we burst.
        # Nobody is left out: a failed row is reported, not raised.
        results = await last_value_from(
            rx.zip(rx.from_iterable(rows), rx.timer(0, self._settings.stagger)).pipe(
                ops.starmap(lambda row, _: asyncio.create_task(self._upload_one(row))),
                ops.to_list(),
                ops.flat_map(rx.from_iterable),
                flat_map(lambda task: task, return_exceptions=True),
                ops.to_list(),
            )
        )

        sent: list[str] = []
        again: list[str] = []
        for row, result in zip(rows, results, strict=True):
            if isinstance(result, BaseException):
                logger.warning("%s: %s", row, result)
                again.append(row)
            else:
                sent.append(result)
        return sent, again

    async def _upload_one(self, row: str) -> str:
        return await self._send(row)
