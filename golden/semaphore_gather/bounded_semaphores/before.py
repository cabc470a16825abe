"""A BoundedSemaphore that nobody releases by hand never finds a release too many."""

import asyncio


class Mailer:
    def __init__(self, smtp):
        self.smtp = smtp
        self.connections = asyncio.BoundedSemaphore(2)

    async def send(self, to):
        async with self.connections:
            return await self.smtp("send", to)

    async def send_all(self, recipients):
        return await asyncio.gather(*map(self.send, recipients), return_exceptions=True)

    async def verify_all(self, recipients):
        lookups = asyncio.BoundedSemaphore(3)

        async def verify(to):
            async with lookups:
                return await self.smtp("verify", to)

        return await asyncio.gather(*[verify(to) for to in recipients])
