"""Sends notifications to devices; tasks are appended to a list in a loop."""

import asyncio
import logging
from dataclasses import dataclass, field

log = logging.getLogger("push")


@dataclass
class Report:
    delivered: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


async def push(devices: list[str], message: str, send, *, at_once: int) -> Report:
    """Send ``message`` to all devices; never raises for a device that does not answer."""
    semaphore = asyncio.Semaphore(at_once)

    async def deliver(device: str, text: str, *, urgent: bool = False) -> str:
        async with semaphore:
            receipt = await send(device, text, urgent)
            log.info("%s took it", device)
            return receipt

    tasks: list[asyncio.Task[str]] = []
    for device in devices:
        tasks.append(asyncio.create_task(deliver(device, message, urgent=True)))
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    report = Report()
    for device, outcome in zip(devices, outcomes):
        if isinstance(outcome, BaseException):
            report.failed[device] = repr(outcome)
        else:
            report.delivered.append(device)
    return report


async def resend(devices, send, at_once):
    coros = []
    limit = asyncio.Semaphore(at_once)

    async def deliver(device):
        async with limit:
            await send(device, "again", False)
            return device

    # Only those that are switched on.
    for device in devices:
        if not device.endswith("off"):
            coros.append(deliver(device))
    return await asyncio.gather(*coros)
