"""A client of a model: full jitter, a cap, and the last error comes out."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

MAX_RETRIES = 5


class RateLimitError(Exception):
    pass


class ModelClient:
    def __init__(self, send: Callable[[str], Awaitable[str]], *, base: float, cap: float) -> None:
        self._send = send
        self._base = base
        self._cap = cap

    async def complete(self, prompt: str) -> str:
        for attempt in range(MAX_RETRIES):
            try:
                return await self._send(prompt)
            except RateLimitError:
                if attempt == MAX_RETRIES - 1:
                    raise
                await asyncio.sleep(random.uniform(0, min(self._cap, self._base * 2**attempt)))
        raise AssertionError("unreachable")

    async def embed(self, text: str, retries: int = 3) -> list[float]:
        for attempt in range(1, retries + 1):
            try:
                vector = await self._send(text)
                return [float(len(vector))]
            except RateLimitError:
                if attempt >= retries:
                    raise
                delay = self._base * 2 ** (attempt - 1) + random.random() * 0.1
                await asyncio.sleep(delay)
        return []

    async def moderate(self, text: str) -> bool:
        for attempt in range(4):
            try:
                answer = await self._send(text)
                break
            except RateLimitError:
                if attempt == 3:
                    raise
                await asyncio.sleep(1)
        return answer == "fine"
