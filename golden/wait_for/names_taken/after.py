"""Names that a pipeline would need mean something else here."""

import asyncio


def last_value_from(readings):
    return readings[-1]


async def read(sensor, readings):
    readings.append(await asyncio.wait_for(sensor.read(), 0.5))
    return last_value_from(readings)


async def read_all(sensors, from_async):
    for sensor in sensors:
        await asyncio.wait_for(sensor.read(from_async), 0.5)
