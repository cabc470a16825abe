"""The id of the request that is being served, for logs and for the services we call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_request_id: ContextVar[str] = ContextVar("objlib_request_id", default="-")


def current_request_id() -> str:
    """The id set by the innermost ``request_id`` block, or ``-``."""
    return _request_id.get()


@contextmanager
def request_id(value: str) -> Iterator[None]:
    """Serve a request under the given id."""
    token = _request_id.set(value)
    try:
        yield
    finally:
        _request_id.reset(token)
