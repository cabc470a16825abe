"""Semaphores that leave the file: what is done with them there, nobody sees here."""

import asyncio

import reactivex as rx
from aiocrawl import Client, run_limited
from reactivex import operators as ops

from _operators import flat_map, last_value_from


def make_gate(size):
    return asyncio.Semaphore(size)


async def crawl(urls):
    gate = asyncio.Semaphore(10)
    async with Client(semaphore=gate) as client:
        return await last_value_from(
            rx.from_iterable(urls).pipe(
                flat_map(lambda url: client.get(url)), ops.to_list()
            )
        )


async def export(rows, write):
    limit = asyncio.Semaphore(3)
    print("exporting under", limit)
    await run_limited([write(row) for row in rows], limit)


def options(arguments):
    return asyncio.Semaphore(*arguments)
