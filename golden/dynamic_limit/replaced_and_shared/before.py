"""A semaphore that is replaced, and handed to code that nobody sees."""

import asyncio

from monitoring import watch


class Client:
    def __init__(self, size):
        self.slots = asyncio.Semaphore(size)
        watch(self.slots)

    def reset(self, size):
        self.slots = asyncio.Semaphore(size)
