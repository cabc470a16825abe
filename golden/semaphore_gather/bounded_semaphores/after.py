"""A BoundedSemaphore that nobody releases by hand never finds a release too many."""

import reactivex as rx
from reactivex import operators as ops

from _operators import dynamic_semaphore, flat_map, last_value_from


class Mailer:
    def __init__(self, smtp):
        self.smtp = smtp
        self.connections = dynamic_semaphore(2)

    async def send(self, to):
        async with self.connections:
            return await self.smtp("send", to)

    async def send_all(self, recipients):
        return await last_value_from(
            rx.from_iterable(recipients).pipe(
                flat_map(self.send, return_exceptions=True), ops.to_list()
            )
        )

    async def verify_all(self, recipients):
        async def verify(to):
            return await self.smtp("verify", to)

        return await last_value_from(
            rx.from_iterable(recipients).pipe(
                flat_map(verify, max_concurrent=3), ops.to_list()
            )
        )
