"""A write that is to stay where it is, and lines that hold more than a write."""

import logging

from _operators import concat_map, from_async, last_value_from

logger = logging.getLogger(__name__)


async def publish(client, store, items):
    stage_1_source = from_async(client.render, items)

    async def run_stage_2(stage_1):
        await store.save(stage_1)  # codemods: skip
        return from_async(client.upload, stage_1)

    stage_2 = await last_value_from(stage_1_source.pipe(concat_map(run_stage_2)))
    return stage_2


async def publish_fast(client, store, items):
    stage_1_source = from_async(client.render, items)

    async def run_stage_2(stage_1):
        await store.save(stage_1); logger.info("saved")
        await store.save_index(index := len(stage_1))
        return from_async(client.upload, stage_1)

    stage_2 = await last_value_from(stage_1_source.pipe(concat_map(run_stage_2)))
    return stage_2
