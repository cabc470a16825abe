"""The handler does some work before it waits."""

import asyncio
import logging
from typing import Protocol

logger = logging.getLogger(__name__)


class WriteConflict(Exception):
    def __init__(self, document: str, hint: float | None = None) -> None:
        super().__init__(document)
        self.hint = hint


class Session(Protocol):
    async def commit(self, document: str) -> int: ...

    async def rollback(self) -> None: ...


class Documents:
    attempts = 4

    def __init__(self, session: Session) -> None:
        self.session = session

    async def save(self, document: str) -> int:
        for attempt in range(self.attempts):
            try:
                return await self.session.commit(document)
            except WriteConflict as conflict:
                await self.session.rollback()
                if attempt == self.attempts - 1:
                    logger.exception("%s: giving up", document)
                    raise
                await asyncio.sleep(0.1 * 2**attempt)
        raise RuntimeError("no attempts")

    async def publish(self, document: str, retries: int) -> int:
        for attempt in range(retries):
            try:
                return await self.session.commit(document)
            except WriteConflict as conflict:
                await self.session.rollback()
                if conflict.hint is not None:
                    await asyncio.sleep(conflict.hint)
                else:
                    await asyncio.sleep(0.5)
        return -1

    async def archive(self, document: str, retries: int) -> int | None:
        for attempt in range(1, retries + 1):
            try:
                return await self.session.commit(document)
            except WriteConflict as conflict:
                logger.exception("attempt %d", attempt)
                if attempt == retries or conflict.hint == 0.25:
                    raise
                await asyncio.sleep(0.1)
