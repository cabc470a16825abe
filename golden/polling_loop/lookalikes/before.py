"""Sleeps that are not asyncio's, and loops in functions that cannot wait."""

import asyncio
import time

import trio


async def polite(job, sleep):
    while not job.done:
        await sleep(1)


async def in_trio(job):
    while not job.done:
        await trio.sleep(1)


def blocking(job):
    while not job.done:
        time.sleep(1)


class Fake:
    async def sleep(self, seconds):
        self.slept = seconds


async def with_fake(job, asyncio=Fake()):
    while not job.done:
        await asyncio.sleep(1)


async def handed_on(job, pool):
    while not job.done:
        pool.add(asyncio.sleep(1))
