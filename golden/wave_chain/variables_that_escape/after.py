"""Variables that would get lost, or that may not be there."""

from __future__ import annotations

import logging

logger = logging.getLogger(__name__)


async def maybe_unbound(client, rows, strict):
    if strict:
        schema = await client.schema()
    wave1_rows = await client.insert(rows)
    wave2_rows = await client.check(wave1_rows, schema)
    return wave2_rows


async def bound_in_with(client, rows):
    with client.suppress_errors():
        schema = client.cached_schema()
    wave1_rows = await client.insert(rows)
    wave2_rows = await client.check(wave1_rows, schema)
    return wave2_rows


async def used_by_handler(client, rows):
    stats = None
    try:
        wave1_rows = await client.insert(rows)
        inserted = len(wave1_rows)
        wave2_rows = await client.check(wave1_rows)
    except ValueError:
        logger.exception("after %d rows", inserted)
        raise
    return stats, wave2_rows


async def used_behind_the_block(client, rows):
    wave1_rows = []
    if rows:
        wave1_rows = await client.insert(rows)
        wave2_rows = await client.check(wave1_rows)
        client.publish(wave2_rows)
    return wave1_rows


async def seen_by_a_callback(client, rows):
    client.on_close(lambda: logger.info("closed with %s", wave1_rows))
    wave1_rows = await client.insert(rows)
    wave2_rows = await client.check(wave1_rows)
    return wave2_rows


async def declared_global(client, rows):
    global LAST
    wave1_rows = await client.insert(rows)
    LAST = len(wave1_rows)
    wave2_rows = await client.check(wave1_rows)
    return wave2_rows


LAST = 0
