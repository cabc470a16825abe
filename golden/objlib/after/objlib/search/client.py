"""HTTP client for the reading side of the search store.

The blocking half is for callers that run in a thread already; the pause between attempts can be
tuned through ``OBJLIB_SEARCH_RETRY_INITIAL`` and ``OBJLIB_SEARCH_RETRY_MAX`` (seconds).
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass

import httpx

from objlib.context import current_request_id
from objlib.errors import RateLimitedError, RemoteError
from objlib.models import SearchHit
from objlib.upload._operators import (
    RetryPolicy,
    before_sleep_log,
    retry_if_exception_type,
    retry_when,
    stop_after_attempt,
    wait_exponential,
    wait_exponential_jitter,
)

logger = logging.getLogger(__name__)

_RETRY_INITIAL = float(os.environ.get("OBJLIB_SEARCH_RETRY_INITIAL", "1.0"))
_RETRY_MAX = float(os.environ.get("OBJLIB_SEARCH_RETRY_MAX", "20.0"))


class StoreUnavailableError(RemoteError):
    """The store answered with a server error; it may have recovered by the next call."""


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What the store says about itself."""

    name: str
    files: int


class SearchClient:
    """Asks the store."""

    def __init__(
        self, base_url: str, store: str, *, api_key: str = "", http_timeout: float = 30.0
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._store = store
        self._headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        self._http_timeout = http_timeout

    @retry_when(
        RetryPolicy(
            stop=stop_after_attempt(4),
            wait=wait_exponential_jitter(initial=_RETRY_INITIAL, maximum=_RETRY_MAX),
            before_sleep=before_sleep_log(logger, logging.WARNING),
            reraise=True,
        )
    )
    def query(self, text: str, *, top_k: int = 5, course: str | None = None) -> list[SearchHit]:
        """Find the passages closest to ``text``. Blocks.

        A store that does not exist has no passages: that is how it looks before the first upload.
        """
        response = httpx.post(
            f"{self._base_url}/v1/stores/{self._store}/query",
            json={"query": text, "top_k": top_k, "course": course},
            headers={**self._headers, "x-request-id": current_request_id()},
            timeout=self._http_timeout,
        )
        if response.status_code == 404:
            logger.warning("there is no store %s yet", self._store)
            return []
        self._check(response)
        return [
            SearchHit(path=hit["path"], score=float(hit["score"]), passage=hit["passage"])
            for hit in response.json()["hits"]
        ]

    @retry_when(
        RetryPolicy(
            retry=retry_if_exception_type(
                (httpx.TransportError, RateLimitedError, StoreUnavailableError)
            ),
            stop=stop_after_attempt(3),
            wait=wait_exponential(multiplier=_RETRY_INITIAL, maximum=_RETRY_MAX),
            reraise=True,
        )
    )
    async def info(self) -> StoreInfo:
        """How many files the store holds."""
        async with httpx.AsyncClient(headers=self._headers, timeout=self._http_timeout) as http:
            response = await http.get(f"{self._base_url}/v1/stores/{self._store}")
        self._check(response)
        data = response.json()
        return StoreInfo(name=data["name"], files=data["files"])

    def _check(self, response: httpx.Response) -> None:
        if response.is_success:
            return
        status = response.status_code
        if status == 429:
            raise RateLimitedError("the store is throttling")
        if status >= 500:
            raise StoreUnavailableError(f"the store answered {status}", status_code=status)
        raise RemoteError(f"the store answered {status}", status_code=status)
