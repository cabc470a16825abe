"""Loops that sleep before they ask: the first check comes after one period."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta

import reactivex as rx
from reactivex import operators as ops

from _operators import PENDING, last_value_from, poll, poll_after

logger = logging.getLogger(__name__)


@dataclass
class PollingOptions:
    interval: timedelta = timedelta(seconds=0.25)
    backoff: timedelta = timedelta(seconds=1)
    threshold: int = 2
    waiting: set[str] = field(default_factory=lambda: {"queued", "in_progress"})

    def interval_for(self, count: int) -> timedelta:
        return self.interval if count < self.threshold else self.backoff


class Assistant:
    options = PollingOptions()

    def __init__(self, api) -> None:
        self.api = api

    async def poll_run(self, run):
        """Poll until the run waits no longer; a failed poll is no reason to give up."""
        count = 0

        async def check(_):
            nonlocal count, run
            count += 1

            try:
                run = await self.api.retrieve(run.id)
            except ConnectionError as error:
                logger.warning("cannot ask for %s: %s", run.id, error)
                # Retry anyway

            return run.status in self.options.waiting

        await last_value_from(
            rx.defer(
                lambda _: rx.interval(self.options.interval_for(count).total_seconds())
            ).pipe(
                poll_after(check),
                ops.take_while(lambda pending: pending, inclusive=True),
                ops.last(),
            )
        )

        return run, count

    async def response_of(self, response):
        async def check(n):
            nonlocal response
            if n:
                # The service counts requests.
                response = await self.api.retrieve(response.id)
                if response.status == "expired":
                    return None
            if response.status == "completed":
                return response
            return PENDING

        return await last_value_from(
            rx.interval(0.5).pipe(
                poll(check),
                ops.take_while(lambda result: result is PENDING, inclusive=True),
                ops.last(),
            )
        )

    async def next_run(self, run_id: str) -> str:
        run = await last_value_from(
            rx.interval(0.75).pipe(
                poll_after(lambda _: self.api.retrieve(run_id)),
                ops.take_while(
                    lambda run: run.status in self.options.waiting, inclusive=True
                ),
                ops.last(),
            )
        )
        return run.status

    async def outlast(self, run_id: str, deadline: float) -> str:
        elapsed = 0.0

        async def check(_: int) -> str:
            nonlocal elapsed
            elapsed += 0.5
            run = await self.api.retrieve(run_id)
            if elapsed < 1.0:
                return PENDING
            if run.status == "expired" or elapsed >= deadline:
                return f"{run.status} after {elapsed}"
            return PENDING

        return await last_value_from(
            rx.interval(0.5).pipe(
                poll_after(check),
                ops.take_while(lambda result: result is PENDING, inclusive=True),
                ops.last(),
            )
        )
