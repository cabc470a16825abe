"""HTTP client of the completion API: one prompt, one answer, no patience.

Unlike the batch client this one never retries; its caller holds a place in the rate limit and
knows better whether to give it up.
"""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Self

import httpx

from objlib.errors import RateLimitedError, RemoteError

logger = logging.getLogger(__name__)


class CompletionClient:
    """Sends a prompt, returns the model's answer as text."""

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str = "",
        http_timeout: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        self._http = httpx.AsyncClient(
            base_url=base_url, headers=headers, timeout=http_timeout, transport=transport
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def complete(self, custom_id: str, prompt: str) -> str:
        """Ask the model.

        Raises:
            RateLimitedError: slow down.
            RemoteError: any other answer that is not a success.
        """
        response = await self._http.post(
            "/v1/complete", json={"custom_id": custom_id, "prompt": prompt}
        )
        if response.status_code == 429:
            raise RateLimitedError("completion was throttled")
        if not response.is_success:
            raise RemoteError(
                f"completion answered {response.status_code}", status_code=response.status_code
            )
        answer = response.json()["answer"]
        logger.debug("%s: %d characters of answer", custom_id, len(answer))
        return str(answer)
