import asyncio


def make_event():
    return asyncio.Event()
