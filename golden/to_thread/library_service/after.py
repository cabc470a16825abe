"""A service whose queries are blocking functions, run in a thread each."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial

import reactivex as rx

from _operators import in_thread, last_value_from

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

        return await last_value_from(rx.from_callable(query).pipe(in_thread()))

    async def find(self, title: str, author: str | None = None) -> list[int]:
        # One query each: the index covers both.
        ids = await last_value_from(
            rx.from_callable(partial(self._run, "titles", title)).pipe(in_thread())
        )
        if author is not None:
            ids += await last_value_from(
                rx.from_callable(partial(self._run, "authors", author)).pipe(
                    in_thread()
                )
            )
        logger.info("found %d", len(ids))
        return ids

    async def touch(self, book: int) -> str:
        await last_value_from(
            rx.from_callable(partial(self._run, "touch", book)).pipe(in_thread())
        )
        return await last_value_from(rx.from_callable(request_id.get).pipe(in_thread()))
