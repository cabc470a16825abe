"""Values that are no permits, semaphores that are no asyncio's."""

import asyncio
import threading


class Gauge:
    def __init__(self) -> None:
        self._value = 0
        self.semaphore = threading.Semaphore(2)

    def set(self, value: int) -> None:
        self._value = value
        self.semaphore._value = value


class Box:
    def __init__(self) -> None:
        self.gauge = Gauge()
        self.event = asyncio.Lock()
        self.event._value = 3
        self.gauge._value = 7
