"""Uploads in batches; a signal lets the batch that is under way end, and starts no other."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field

import reactivex as rx
from reactivex import operators as ops

from _operators import EventSubject, concat_map, last_value_from, pull_from, take_until

logger = logging.getLogger(__name__)


@dataclass
class Report:
    sent: list[str] = field(default_factory=list)
    batches: int = 0
    interrupted: bool = False


class Uploader:
    def __init__(self, send: Callable[[str], Coroutine[None, None, str]]) -> None:
        self._send = send
        self._shutdown = EventSubject()

    def request_shutdown(self) -> None:
        """Finish the batch that is running, then stop."""
        if not self._shutdown.is_set():
            logger.warning("shutting down after this batch")
            self._shutdown.set()

    async def run(self, names: list[str], size: int) -> Report:
        """Upload all of the names."""
        report = Report()
        self._install_signal_handlers()
        try:
            # Between batches nothing is half done.
            async def each_batch(batch: Sequence[str]) -> None:
                report.batches += 1
                again = []
                for name in batch:
                    try:
                        report.sent.append(await self._send(name))
                    except LookupError:
                        again.append(name)
                if again and not self._shutdown.is_set():
                    logger.info("%d to retry", len(again))
                    await last_value_from(rx.timer(0.5))
                    report.sent += [await self._send(name) for name in again]

            # the rest waits for the next run
            await last_value_from(
                pull_from(_chunked(names, size)).pipe(
                    take_until(self._shutdown),
                    concat_map(each_batch),
                    ops.default_if_empty(),
                )
            )
            report.interrupted = self._shutdown.is_set()
        finally:
            logger.info("%d sent", len(report.sent))
        return report

    async def run_listed(self, names: list[str]) -> None:
        await last_value_from(
            pull_from(names).pipe(
                take_until(self._shutdown),
                concat_map(lambda name: self._send(name)),
                ops.default_if_empty(),
            )
        )

    def _install_signal_handlers(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, self.request_shutdown)
            except (NotImplementedError, RuntimeError, ValueError):
                logger.debug("no handler for signal %s here", number)


def _chunked(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]
