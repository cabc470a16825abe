"""Both waves stand in one ``try``; its handlers and its ``finally`` stay around the pipeline."""

from __future__ import annotations

from typing import Any

import reactivex as rx
from reactivex import operators as ops

from _operators import concat_map, flat_map, from_async, last_value_from


class ImportError_(Exception):
    """A batch could not be imported."""


async def import_batch(session: Any, rows: list[str]) -> dict[str, Any]:
    await session.begin()
    try:
        step1 = rx.from_iterable(rows).pipe(
            flat_map(lambda row: session.insert(row)), ops.to_list()
        )

        async def step2(step1_ids):
            known = [row_id for row_id in step1_ids if row_id is not None]
            if not known:
                raise ImportError_("nothing inserted")
            async with session.lock():
                await session.touch(len(known))
            return from_async(session.link, known, rows=len(rows))

        step2_links = await last_value_from(step1.pipe(concat_map(step2)))
    except ImportError_:
        await session.rollback()
        raise
    except ValueError as error:
        await session.rollback()
        return {"error": str(error)}
    else:
        await session.commit()
        return {"links": step2_links}
    finally:
        await session.end()


async def import_or_skip(session: Any, rows: list[str]) -> list[Any] | None:
    if rows:
        async with session.lock() as held:
            step_1_source = from_async(session.insert, rows[0])

            async def run_step_2(step_1):
                if step_1 is None:
                    return rx.of(None)
                step_2 = await session.link([step_1], rows=1)
                return rx.of([held, step_1, step_2])

            return await last_value_from(step_1_source.pipe(concat_map(run_step_2)))
    return []
