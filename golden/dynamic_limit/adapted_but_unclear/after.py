"""Whose permits are set, or what else takes a semaphore's place, cannot be told."""

import asyncio


class Given:
    def __init__(self, semaphore=None):
        self._given = semaphore or asyncio.Semaphore(2)

    def resize(self, size):
        self._given._value = size


class Replaced:
    def __init__(self, size):
        self._replaced = asyncio.Semaphore(size)

    def use(self, other):
        self._replaced = other

    def resize(self, size):
        self._replaced._value = size


class Aliased:
    def __init__(self, size):
        self._aliased = asyncio.Semaphore(size)

    def resize(self, size):
        semaphore = self._aliased
        semaphore._value = size


class Bounded:
    def __init__(self, size):
        self._bounded = asyncio.BoundedSemaphore(size)

    def resize(self, size):
        self._bounded._value = size


class Late:
    def open(self, size):
        self._late = asyncio.Semaphore(size)

    def resize(self, size):
        self._late._value = self._size = size


class Printed:
    def __init__(self, size):
        self._printed = asyncio.Semaphore(size)
        print(self._printed)

    def resize(self, size):
        self._printed._value = size
