import asyncio


def make_gate(limit):
    return asyncio.Semaphore(limit)
