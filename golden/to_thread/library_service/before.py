"""A service whose queries are blocking functions, run in a thread each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextvars import ContextVar

logger = logging.getLogger(__name__)
request_id: ContextVar[str] = ContextVar("request_id", default="-")

Query = Callable[..., list[int]]


class LibraryService:
    """Everything that the library can be asked."""

    def __init__(self, run: Query) -> None:
        self._run = run

    async def list_books(self, *, limit: int = 20) -> list[int]:
        """The newest books first."""

        def query() -> list[int]:
            rows = self._run("books", limit)
            return sorted(rows, reverse=True)

        return await asyncio.to_thread(query)

    async def find(self, title: str, author: str | None = None) -> list[int]:
        # One query each: the index covers both.
        ids = await asyncio.to_thread(self._run, "titles", title)
        if author is not None:
            ids += await asyncio.to_thread(self._run, "authors", author)
        logger.info("found %d", len(ids))
        return ids

    async def touch(self, book: int) -> str:
        await asyncio.to_thread(self._run, "touch", book)
        return await asyncio.to_thread(request_id.get)
