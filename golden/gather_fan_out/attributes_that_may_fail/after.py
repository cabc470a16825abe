"""What is called is looked up for each item: with no items, never."""

import asyncio

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from


class Uploader:
    client = None

    def connect(self, client):
        self.client = client

    async def upload(self, paths):
        """Without paths there need be no client."""
        return await last_value_from(
            rx.from_iterable(paths).pipe(
                flat_map(lambda path: self.client.upload(path)), ops.to_list()
            )
        )

    async def remove(self, paths, how=None):
        if how is not None:
            remove = how
        return await last_value_from(
            rx.from_iterable(paths).pipe(
                flat_map(lambda path: remove(path)), ops.to_list()
            )
        )

    async def cool_down(self, pauses):
        await last_value_from(
            rx.from_iterable(pauses).pipe(flat_map(asyncio.sleep), ops.to_list())
        )

    async def upload_all(self, paths):
        return await last_value_from(
            rx.from_iterable(paths).pipe(flat_map(self._upload_one), ops.to_list())
        )

    async def _upload_one(self, path):
        return await self.client.upload(path)
