"""Looks behind the public face of the semaphore, and changes its limit at run time."""

import asyncio


class Throttle:
    def __init__(self, limit: int) -> None:
        self.semaphore = asyncio.Semaphore(limit)

    def describe(self) -> str:
        return f"{self.semaphore._value} free, {len(self.semaphore._waiters or ())} waiting"
