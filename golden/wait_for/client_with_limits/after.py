"""A client that does not wait for ever."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from _operators import from_async, last_value_from, timeout

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
            return await last_value_from(
                from_async(self._session.get, path, fresh=True).pipe(
                    timeout(self._limit)
                )
            )
        except asyncio.TimeoutError:
            logger.warning("%s: no answer", path)
            raise Unavailable(path) from None

    async def get_first(self, paths: list[str]) -> str | None:
        for path in paths:
            try:
                # A second chance each.
                return await last_value_from(
                    from_async(self._session.get, path).pipe(timeout(CONNECT_LIMIT / 2))
                )
            except (asyncio.TimeoutError, TimeoutError) as error:
                logger.info("%s: %r", path, error.__cause__)
        return None

    async def close(self) -> bool:
        try:
            await last_value_from(from_async(self._flush).pipe(timeout(0.5)))
        finally:
            await last_value_from(from_async(self._session.close).pipe(timeout(None)))
        return True

    async def _flush(self) -> None:
        await self._session.get("flush")
