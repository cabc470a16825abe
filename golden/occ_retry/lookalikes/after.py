"""Loops that meet conflicts and are something else, or more."""

import asyncio
import logging
from typing import Any

import reactivex as rx

from _operators import last_value_from

logger = logging.getLogger(__name__)


class ConflictError(Exception):
    pass


class Worker:
    def __init__(self, queue: Any, store: Any) -> None:
        self.queue = queue
        self.store = store
        self.running = True

    async def run(self) -> None:
        """Works on and on; a conflict is a reason to pause."""
        while True:
            item = await self.queue.get()
            try:
                await self.store.put(item)
            except ConflictError:
                await last_value_from(rx.timer(1.0))

    async def until_stopped(self, item: str) -> None:
        while self.running:
            try:
                await self.store.put(item)
                return
            except ConflictError:
                await last_value_from(rx.timer(0.1))

    async def with_cleanup(self, item: str) -> Any:
        for attempt in range(3):
            try:
                return await self.store.put(item)
            except ConflictError:
                await last_value_from(rx.timer(0.1))
            finally:
                self.store.release()

    async def with_two_reasons(self, item: str) -> Any:
        for attempt in range(3):
            try:
                return await self.store.put(item)
            except ConflictError:
                await last_value_from(rx.timer(0.1))
            except ConnectionError:
                await self.store.reconnect()

    async def with_given_delays(self, item: str) -> Any:
        for delay in (0.1, 0.5, 2.0):
            try:
                return await self.store.put(item)
            except ConflictError:
                await last_value_from(rx.timer(delay))
        raise ConflictError(item)

    async def even_if_cancelled(self, item: str) -> Any:
        while True:
            try:
                return await self.store.put(item)
            except (ConflictError, asyncio.CancelledError):
                await last_value_from(rx.timer(0.1))

    async def each(self, items: list[str]) -> Any:
        for item in items:
            while True:
                try:
                    yield await self.store.put(item)
                    break
                except ConflictError:
                    await last_value_from(rx.timer(0.1))

    async def in_two_steps(self, item: str) -> Any:
        while True:
            try:
                lock = await self.store.lock(item)
            except ConflictError:
                await last_value_from(rx.timer(0.1))
                continue
            try:
                return await self.store.put(lock)
            except ConflictError:
                await last_value_from(rx.timer(0.2))

    async def by_way_of_a_message(self, item: str) -> Any:
        for attempt in range(3):
            try:
                return await self.store.put(item)
            except ConflictError:
                await last_value_from(rx.timer(0.1))
                logger.info("slept, now again: %s", item)
        return None

    async def among_attempts(self, item: str) -> Any:
        for attempt in range(3):
            if await self.store.busy():
                continue
            try:
                return await self.store.put(item)
            except ConflictError:
                await last_value_from(rx.timer(0.1))
        return None
