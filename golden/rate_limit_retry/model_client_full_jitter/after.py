"""A client of a model: full jitter, a cap, and the last error comes out."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

from _operators import last_value_from, upload_with_retry

MAX_RETRIES = 5


class RateLimitError(Exception):
    pass


class ModelClient:
    def __init__(self, send: Callable[[str], Awaitable[str]], *, base: float, cap: float) -> None:
        self._send = send
        self._base = base
        self._cap = cap

    async def complete(self, prompt: str) -> str:
        return await last_value_from(
            upload_with_retry(
                prompt,
                lambda prompt: self._send(prompt),
                max_attempts=MAX_RETRIES,
                retry_on=RateLimitError,
                base_delay=self._base,
                cap=self._cap,
            )
        )

    async def embed(self, text: str, retries: int = 3) -> list[float]:
        async def request(text: str) -> list[float]:
            vector = await self._send(text)
            return [float(len(vector))]

        if retries > 0:
            return await last_value_from(
                upload_with_retry(
                    text,
                    request,
                    max_attempts=retries,
                    retry_on=RateLimitError,
                    backoff=lambda n, _: self._base * 2**n + random.random() * 0.1,
                )
            )
        return []

    async def moderate(self, text: str) -> bool:
        async def request(text: str):
            answer = await self._send(text)
            return answer

        answer = await last_value_from(
            upload_with_retry(
                text,
                request,
                max_attempts=4,
                retry_on=RateLimitError,
                backoff=lambda *_: 1,
            )
        )
        return answer == "fine"
