"""A write that is to stay where it is, and lines that hold more than a write."""

import logging

logger = logging.getLogger(__name__)


async def publish(client, store, items):
    stage_1 = await client.render(items)
    await store.save(stage_1)  # codemods: skip
    stage_2 = await client.upload(stage_1)
    return stage_2


async def publish_fast(client, store, items):
    stage_1 = await client.render(items)
    await store.save(stage_1); logger.info("saved")
    await store.save_index(index := len(stage_1))
    stage_2 = await client.upload(stage_1)
    return stage_2
