"""A client that does not wait for ever."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

logger = logging.getLogger(__name__)

CONNECT_LIMIT = 2.0


class Session(Protocol):
    async def get(self, path: str, *, fresh: bool = False) -> str: ...
    async def close(self) -> None: ...


class Unavailable(Exception):
    """The other side did not answer in time."""


class Client:
    """Asks one server."""

    def __init__(self, session: Session, limit: float | None = 1.5) -> None:
        self._session = session
        self._limit = limit

    async def get(self, path: str) -> str:
        try:
            return await asyncio.wait_for(
                self._session.get(path, fresh=True), timeout=self._limit
            )
        except asyncio.TimeoutError:
            logger.warning("%s: no answer", path)
            raise Unavailable(path) from None

    async def get_first(self, paths: list[str]) -> str | None:
        for path in paths:
            try:
                # A second chance each.
                return await asyncio.wait_for(
                    self._session.get(path), CONNECT_LIMIT / 2
                )
            except (asyncio.TimeoutError, TimeoutError) as error:
                logger.info("%s: %r", path, error.__cause__)
        return None

    async def close(self) -> bool:
        try:
            await asyncio.wait_for(self._flush(), 0.5)
        finally:
            await asyncio.wait_for(self._session.close(), None)
        return True

    async def _flush(self) -> None:
        await self._session.get("flush")
