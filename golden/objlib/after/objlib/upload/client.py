"""HTTP client for the writing side of the search store."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from objlib.errors import (
    OperationFailedError,
    OperationTimeoutError,
    RateLimitedError,
    RemoteError,
    UploadRejectedError,
)
from objlib.upload._operators import (
    RetryError,
    RetryPolicy,
    TryAgain,
    any_of,
    before_sleep_log,
    from_async,
    last_value_from,
    retry_if_exception_type,
    retry_if_result,
    retry_when,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential,
    wait_exponential_jitter,
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Document:
    """What the store is given for a lecture."""

    path: str
    title: str
    course: str
    text: str
    topics: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "title": self.title,
            "course": self.course,
            "text": self.text,
            "topics": list(self.topics),
        }


@dataclass(frozen=True, slots=True)
class Operation:
    """A long-running operation, as the store last described it."""

    name: str
    done: bool
    file_id: str | None = None
    error: str | None = None


class StoreClient:
    """Uploads documents and watches the store index them.

    Server errors and broken connections are retried here. Throttling is not: the caller holds the
    brakes (see ``UploadOrchestrator``).
    """

    def __init__(
        self,
        base_url: str,
        store: str,
        *,
        api_key: str = "",
        http_timeout: float = 30.0,
        retry_attempts: int = 4,
        retry_initial: float = 0.5,
        operation_poll: float = 1.0,
        operation_poll_cap: float = 10.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        self._http = httpx.AsyncClient(
            base_url=base_url, headers=headers, timeout=http_timeout, transport=transport
        )
        self._store = store
        self._retry_attempts = retry_attempts
        self._retry_initial = retry_initial
        self._operation_poll = operation_poll
        self._operation_poll_cap = operation_poll_cap

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def ensure_store(self) -> None:
        """Create the store unless it is there."""
        response = await self._http.put(f"/v1/stores/{self._store}")
        if not response.is_success:
            raise RemoteError(
                f"cannot create the store: {response.status_code}",
                status_code=response.status_code,
            )

    async def upload(self, document: Document) -> Operation:
        """Send a document; the store answers with the operation that indexes it.

        Raises:
            RateLimitedError: slow down.
            UploadRejectedError: the store does not want this document, now or later.
            RemoteError: server errors to the last attempt.
            httpx.TransportError: no connection to the last attempt.
        """
        url = f"/v1/stores/{self._store}/files"
        try:
            policy = RetryPolicy(
                stop=stop_after_attempt(self._retry_attempts),
                wait=wait_exponential_jitter(
                    initial=self._retry_initial, maximum=10.0, jitter=self._retry_initial
                ),
                retry=any_of(
                    retry_if_exception_type(httpx.TransportError), retry_if_result(_is_server_error)
                ),
                before_sleep=before_sleep_log(logger, logging.INFO),
                reraise=True,
            )

            async def attempt() -> Any:
                response = await self._http.post(url, json=document.as_json())
                if response.status_code == 429:
                    raise RateLimitedError(
                        f"{document.path}: the store is throttling",
                        retry_after=_retry_after(response),
                    )
                if response.is_client_error:
                    raise UploadRejectedError(
                        f"{document.path}: the store answered {response.status_code}",
                        status_code=response.status_code,
                    )
                return response

            response = await last_value_from(from_async(attempt).pipe(retry_when(policy)))
        except RetryError as exc:
            last: httpx.Response = exc.last_attempt.result()
            raise RemoteError(
                f"{document.path}: the store answered {last.status_code} to the end",
                status_code=last.status_code,
            ) from None
        return _as_operation(response.json())

    async def operation(self, name: str) -> Operation:
        """Ask how an operation is doing."""
        response = await self._http.get(f"/v1/operations/{name}")
        if not response.is_success:
            raise RemoteError(
                f"{name}: the store answered {response.status_code}",
                status_code=response.status_code,
            )
        return _as_operation(response.json())

    async def wait_until_indexed(self, name: str, *, timeout: float) -> Operation:
        """Poll an operation until it is done.

        Raises:
            OperationFailedError: the store could not index the document.
            OperationTimeoutError: it was still at it after ``timeout`` seconds.
        """
        try:
            policy = RetryPolicy(
                wait=wait_exponential(
                    multiplier=self._operation_poll, maximum=self._operation_poll_cap
                ),
                stop=stop_after_delay(timeout),
                retry=retry_if_exception_type(TryAgain),
            )

            async def attempt() -> Operation:
                operation = await self.operation(name)
                if not operation.done:
                    raise TryAgain
                if operation.error:
                    raise OperationFailedError(f"{name}: {operation.error}")
                return operation

            return await last_value_from(from_async(attempt).pipe(retry_when(policy)))
        except RetryError:
            raise OperationTimeoutError(f"{name}: not done after {timeout:g}s") from None
        raise AssertionError("unreachable")


def _is_server_error(response: httpx.Response) -> bool:
    return response.is_server_error


def _retry_after(response: httpx.Response) -> float | None:
    try:
        return float(response.headers["retry-after"])
    except (KeyError, ValueError):
        return None


def _as_operation(data: dict[str, Any]) -> Operation:
    return Operation(
        name=data["name"],
        done=data["done"],
        file_id=data.get("file_id"),
        error=data.get("error"),
    )
