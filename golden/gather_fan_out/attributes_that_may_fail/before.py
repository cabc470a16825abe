"""What is called is looked up for each item: with no items, never."""

import asyncio


class Uploader:
    client = None

    def connect(self, client):
        self.client = client

    async def upload(self, paths):
        """Without paths there need be no client."""
        return await asyncio.gather(*[self.client.upload(path) for path in paths])

    async def remove(self, paths, how=None):
        if how is not None:
            remove = how
        return await asyncio.gather(*[remove(path) for path in paths])

    async def cool_down(self, pauses):
        await asyncio.gather(*(asyncio.sleep(pause) for pause in pauses))

    async def upload_all(self, paths):
        return await asyncio.gather(*[self._upload_one(path) for path in paths])

    async def _upload_one(self, path):
        return await self.client.upload(path)
