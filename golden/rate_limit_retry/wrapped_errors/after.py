"""Handlers that turn errors into others, before and behind the one that retries."""

from typing import Any

from _operators import PENDING, TryAgain, last_value_from, upload_with_retry


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

        async def request(messages: list[str]) -> str:
            try:
                return await self.api.chat(messages)
            except RateLimitError as e:
                raise TryAgain from e
            except Exception as e:
                raise RateLimitError(f"wrapped: {e}", status_code=429) from e

        def backoff(attempt: int, e: RateLimitError) -> float:
            if isinstance(e, FatalError) or attempt == self.max_retries - 1:
                raise e
            return 0.3 * 2**attempt

        result = await last_value_from(
            upload_with_retry(
                messages,
                request,
                max_attempts=self.max_retries,
                retry_on=TryAgain,
                backoff=backoff,
                exhausted=PENDING,
            )
        )
        if result is not PENDING:
            return result

        raise RuntimeError("Retry loop completed without return or exception")

    async def stream(self, messages: list[str]) -> str:
        async def request(messages: list[str]) -> str:
            try:
                return await self.api.chat(messages)
            except FatalError:
                return "fatal"
            except RateLimitError as exc:
                raise TryAgain from exc

        if self.max_retries > 0:
            return await last_value_from(
                upload_with_retry(
                    messages,
                    request,
                    max_attempts=self.max_retries,
                    retry_on=TryAgain,
                    backoff=lambda *_: 0.7,
                )
            )
        return "never tried"
