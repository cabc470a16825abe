"""The number of free places is read: that is no limit."""

import asyncio


class Pool:
    def __init__(self, size):
        self.semaphore = asyncio.Semaphore(size)

    def resize(self, size):
        self.semaphore._value = size

    @property
    def free(self):
        return self.semaphore._value
