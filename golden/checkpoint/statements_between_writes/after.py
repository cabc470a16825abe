"""Statements around the writes: those that only serve a write go along with it."""

from __future__ import annotations

import logging
import time
from typing import Any

import reactivex as rx

from _operators import concat_map, do_action, from_async, last_value_from

logger = logging.getLogger(__name__)


async def ingest(source: Any, sink: Any, batch: str) -> list[str]:
    step_1 = from_async(source.read, batch)

    def after_step_1(step_1_rows: list[str]) -> rx.Observable[list[str]]:
        logger.info("%s: %d rows read", batch, len(step_1_rows))
        started = time.monotonic()

        async def save_summary(step_1_rows: list[str]) -> None:
            summary = {"rows": len(step_1_rows), "batch": batch}
            await sink.save_summary(summary, batch)

        def after_save_summary(step_1_rows: list[str]) -> rx.Observable[list[str]]:
            logger.info("%s: written in %.3f s", batch, time.monotonic() - started)
            keys = sorted(set(step_1_rows))

            return rx.of(step_1_rows).pipe(
                do_action(lambda _: sink.flush()),
                concat_map(lambda _: from_async(source.read_more, batch, keys)),
            )

        return rx.of(step_1_rows).pipe(
            do_action(lambda step_1_rows: sink.save_rows(step_1_rows)),
            do_action(save_summary),
            concat_map(after_save_summary),
        )

    step_2_rows: list[str] = await last_value_from(
        step_1.pipe(concat_map(after_step_1))
    )
    return step_2_rows


async def ingest_quietly(source: Any, sink: Any, batch: str) -> None:
    step_1 = from_async(source.read, batch)

    async def save_rows(step_1_rows):
        rows = [row.upper() for row in step_1_rows]
        await sink.save_rows(rows)

    step_2_rows = await last_value_from(
        step_1.pipe(
            do_action(save_rows),
            concat_map(
                lambda step_1_rows: from_async(source.read_more, batch, step_1_rows)
            ),
        )
    )
    for row in step_2_rows:
        await sink.save_rows([row])
