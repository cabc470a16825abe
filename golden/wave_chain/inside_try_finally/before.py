"""Both waves stand in one ``try``; its handlers and its ``finally`` stay around the pipeline."""

from __future__ import annotations

import asyncio
from typing import Any


class ImportError_(Exception):
    """A batch could not be imported."""


async def import_batch(session: Any, rows: list[str]) -> dict[str, Any]:
    await session.begin()
    try:
        step1_ids = await asyncio.gather(*[session.insert(row) for row in rows])
        known = [row_id for row_id in step1_ids if row_id is not None]
        if not known:
            raise ImportError_("nothing inserted")
        async with session.lock():
            await session.touch(len(known))
        step2_links = await session.link(known, rows=len(rows))
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
            step_1 = await session.insert(rows[0])
            if step_1 is None:
                return None
            step_2 = await session.link([step_1], rows=1)
            return [held, step_1, step_2]
    return []
