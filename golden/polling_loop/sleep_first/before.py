"""Loops that sleep before they ask: the first check comes after one period."""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import timedelta

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
        while True:
            await asyncio.sleep(self.options.interval_for(count).total_seconds())
            count += 1

            try:
                run = await self.api.retrieve(run.id)
            except ConnectionError as error:
                logger.warning("cannot ask for %s: %s", run.id, error)
                # Retry anyway

            if run.status not in self.options.waiting:
                break

        return run, count

    async def response_of(self, response):
        while response.status != "completed":
            # The service counts requests.
            await asyncio.sleep(0.5)
            response = await self.api.retrieve(response.id)
            if response.status == "expired":
                return None
        return response

    async def next_run(self, run_id: str) -> str:
        while True:
            await asyncio.sleep(0.75)
            run = await self.api.retrieve(run_id)
            if run.status not in self.options.waiting:
                return run.status

    async def outlast(self, run_id: str, deadline: float) -> str:
        elapsed = 0.0
        while True:
            await asyncio.sleep(0.5)
            elapsed += 0.5
            run = await self.api.retrieve(run_id)
            if elapsed < 1.0:
                continue
            if run.status == "expired" or elapsed >= deadline:
                return f"{run.status} after {elapsed}"
