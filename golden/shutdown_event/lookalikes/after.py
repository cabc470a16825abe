"""Events of other makes."""

import asyncio
import multiprocessing
import threading
from threading import Event

import anyio


class Thread(threading.Thread):
    def __init__(self):
        super().__init__()
        self.stopped = Event()
        self.paused = threading.Event()

    def run(self):
        while not self.stopped.is_set():
            self.paused.wait(1)


class Calendar:
    class Event:
        def __init__(self, title=""):
            self.title = title

        def is_set(self):
            return bool(self.title)

    async def run(self):
        event = self.Event("standup")
        while not event.is_set():
            await asyncio.sleep(0)


async def in_process(work):
    stop = multiprocessing.Event()
    while not stop.is_set():
        await work()


async def with_anyio(work):
    stop = anyio.Event()
    for item in work:
        if stop.is_set():
            break
        await item()


async def given(stop: asyncio.Event, work):
    while not stop.is_set():
        await work()


def by_name(asyncio):
    return asyncio.Event()
