"""Sends notifications to devices; tasks are appended to a list in a loop."""

import logging
from dataclasses import dataclass, field

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from

log = logging.getLogger("push")


@dataclass
class Report:
    delivered: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


async def push(devices: list[str], message: str, send, *, at_once: int) -> Report:
    """Send ``message`` to all devices; never raises for a device that does not answer."""

    async def deliver(device: str, text: str, *, urgent: bool = False) -> str:
        receipt = await send(device, text, urgent)
        log.info("%s took it", device)
        return receipt

    outcomes = await last_value_from(
        rx.from_iterable(devices).pipe(
            flat_map(
                lambda device: deliver(device, message, urgent=True),
                max_concurrent=at_once,
                return_exceptions=True,
            ),
            ops.to_list(),
        )
    )

    report = Report()
    for device, outcome in zip(devices, outcomes):
        if isinstance(outcome, BaseException):
            report.failed[device] = repr(outcome)
        else:
            report.delivered.append(device)
    return report


async def resend(devices, send, at_once):
    async def deliver(device):
        await send(device, "again", False)
        return device

    # Only those that are switched on.
    return await last_value_from(
        rx.from_iterable(
            device for device in devices if not device.endswith("off")
        ).pipe(flat_map(deliver, max_concurrent=at_once), ops.to_list())
    )
