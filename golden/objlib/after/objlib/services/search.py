"""Searching: ask the store, then say where in the library its passages come from."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import reactivex as rx

from objlib.context import current_request_id
from objlib.db import connect
from objlib.models import SearchHit
from objlib.search.client import SearchClient
from objlib.search.expand import expand_query
from objlib.upload._operators import in_thread, last_value_from

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What was asked in the end, and what was found."""

    query: str
    hits: tuple[SearchHit, ...]
    suggestions: tuple[str, ...] = ()


class SearchService:
    """Search for the command line and the text interface."""

    def __init__(self, db_path: Path | str, client: SearchClient) -> None:
        self._db_path = db_path
        self._client = client

    async def search(
        self, query: str, *, top_k: int = 5, course: str | None = None, expand: bool = False
    ) -> SearchAnswer:
        """Find passages about ``query``; with ``expand``, about its synonyms as well."""
        if expand:
            query = await last_value_from(
                rx.from_callable(partial(expand_query, query, limit=16)).pipe(in_thread())
            )
        hits = await last_value_from(
            rx.from_callable(partial(self._client.query, query, top_k=top_k, course=course)).pipe(
                in_thread()
            )
        )
        hits = await last_value_from(
            rx.from_callable(partial(_with_lectures, self._db_path, hits)).pipe(in_thread())
        )

        suggestions: tuple[str, ...] = ()
        if not hits:
            suggestions = await self.suggest(query)
        return SearchAnswer(query=query, hits=tuple(hits), suggestions=suggestions)

    async def suggest(self, query: str, *, limit: int = 3) -> tuple[str, ...]:
        """Topics of the library that share a beginning with a word of ``query``."""
        return await last_value_from(
            rx.from_callable(
                partial(_similar_topics, self._db_path, query.split(), limit=limit)
            ).pipe(in_thread())
        )


def _with_lectures(db_path: Path | str, hits: Sequence[SearchHit]) -> list[SearchHit]:
    """Add course, title and topics; drop passages of lectures that are gone."""
    known = []
    with connect(db_path) as conn:
        for hit in hits:
            row = conn.execute(
                "SELECT f.course, f.title, m.topics FROM files AS f"
                " LEFT JOIN lecture_metadata AS m USING (path)"
                " WHERE f.path = ? AND f.missing = 0",
                (hit.path,),
            ).fetchone()
            if row is None:
                logger.info("[%s] stale passage of %s", current_request_id(), hit.path)
                continue
            topics = tuple(json.loads(row["topics"])) if row["topics"] else ()
            known.append(replace(hit, course=row["course"], title=row["title"], topics=topics))
    logger.info("[%s] %d of %d passages known", current_request_id(), len(known), len(hits))
    return known


def _similar_topics(db_path: Path | str, words: Sequence[str], *, limit: int) -> tuple[str, ...]:
    found: dict[str, None] = {}
    with connect(db_path) as conn:
        for word in words:
            rows = conn.execute(
                "SELECT DISTINCT topic.value AS name"
                " FROM lecture_metadata, json_each(lecture_metadata.topics) AS topic"
                " WHERE name LIKE ? || '%' ORDER BY name",
                (word.lower()[:4],),
            )
            found.update((row["name"], None) for row in rows)
    return tuple(found)[:limit]
