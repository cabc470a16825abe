"""Statements around the writes: those that only serve a write go along with it."""

from __future__ import annotations

import logging
import time
from typing import Any

logger = logging.getLogger(__name__)


async def ingest(source: Any, sink: Any, batch: str) -> list[str]:
    step_1_rows: list[str] = await source.read(batch)
    logger.info("%s: %d rows read", batch, len(step_1_rows))
    started = time.monotonic()
    await sink.save_rows(step_1_rows)
    summary = {"rows": len(step_1_rows), "batch": batch}
    await sink.save_summary(summary, batch)
    logger.info("%s: written in %.3f s", batch, time.monotonic() - started)
    keys = sorted(set(step_1_rows))
    await sink.flush()
    step_2_rows: list[str] = await source.read_more(batch, keys)
    return step_2_rows


async def ingest_quietly(source: Any, sink: Any, batch: str) -> None:
    step_1_rows = await source.read(batch)
    rows = [row.upper() for row in step_1_rows]
    await sink.save_rows(rows)
    step_2_rows = await source.read_more(batch, step_1_rows)
    for row in step_2_rows:
        await sink.save_rows([row])
