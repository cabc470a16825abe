"""Handlers that turn errors into others, before and behind the one that retries."""

import asyncio
from typing import Any


class ProviderError(Exception):
    def __init__(self, message: str, status_code: int = 502) -> None:
        super().__init__(message)
        self.status_code = status_code


class RateLimitError(ProviderError):
    pass


class FatalError(RateLimitError):
    pass


class Provider:
    def __init__(self, api: Any, max_retries: int = 3) -> None:
        self.api = api
        self.max_retries = max_retries

    async def ainvoke(self, messages: list[str]) -> str:
        assert self.max_retries >= 0, "max_retries must not be negative"

        for attempt in range(self.max_retries):
            try:
                return await self.api.chat(messages)
            except RateLimitError as e:
                if isinstance(e, FatalError) or attempt == self.max_retries - 1:
                    raise
                await asyncio.sleep(0.3 * 2**attempt)
            except Exception as e:
                raise RateLimitError(f"wrapped: {e}", status_code=429) from e

        raise RuntimeError("Retry loop completed without return or exception")

    async def stream(self, messages: list[str]) -> str:
        for attempt in range(self.max_retries):
            try:
                return await self.api.chat(messages)
            except FatalError:
                return "fatal"
            except RateLimitError:
                if attempt + 1 == self.max_retries:
                    raise
                await asyncio.sleep(0.7)
        return "never tried"
