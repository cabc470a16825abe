"""Semaphores that leave the file: what is done with them there, nobody sees here."""

import asyncio

from aiocrawl import Client, run_limited


def make_gate(size):
    return asyncio.Semaphore(size)


async def crawl(urls):
    gate = asyncio.Semaphore(10)
    async with Client(semaphore=gate) as client:
        return [await client.get(url) for url in urls]


async def export(rows, write):
    limit = asyncio.Semaphore(3)
    print("exporting under", limit)
    await run_limited([write(row) for row in rows], limit)


def options(arguments):
    return asyncio.Semaphore(*arguments)
