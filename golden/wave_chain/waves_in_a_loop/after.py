"""Waves that stand in a loop or in a handler."""

import asyncio


async def refresh_forever(client, regions, stopped):
    while not stopped():
        for region in regions:
            phase_1 = await client.list(region)
            if not phase_1:
                break
            phase_2 = await client.details(phase_1)
            client.publish(region, phase_2)


async def repair(client, key):
    try:
        return await client.load(key)
    except KeyError:
        phase_1 = await client.list(key)
        phase_2 = await client.rebuild(phase_1)
        if phase_2 is None:
            raise
        return phase_2


async def release(client, lock):
    try:
        await client.work()
    finally:
        stage1 = await client.list(lock)
        stage2 = await client.unlock(stage1)
        client.publish("unlocked", stage2)


async def listen(client, regions):
    phase_1 = await client.list(regions)
    yield phase_1
    phase_2 = await client.details(phase_1)
    yield phase_2


async def twice(client, regions):
    """Only the first of two chains is taken."""
    wave1 = await client.list(regions)
    wave2 = await client.details(wave1)
    step1 = await client.list(wave2)
    step2 = await client.details(step1)
    return step2
