"""Waits for long-running operations."""

from __future__ import annotations

from dataclasses import dataclass

from _operators import (
    RetryError,
    RetryPolicy,
    TryAgain,
    from_async,
    last_value_from,
    retry_if_exception_type,
    retry_when,
    stop_after_delay,
    wait_exponential,
)


@dataclass
class Operation:
    name: str
    done: bool
    error: str | None = None


class OperationFailed(Exception):
    pass


class OperationTimeout(Exception):
    pass


class Client:
    def __init__(self, get, poll: float) -> None:
        self._get = get
        self._poll = poll

    async def operation(self, name: str) -> Operation:
        return await self._get(name)

    async def finished(self, name: str, *, timeout: float) -> Operation:
        """Ask until it is done."""
        try:
            policy = RetryPolicy(
                wait=wait_exponential(multiplier=self._poll, maximum=4 * self._poll),
                stop=stop_after_delay(timeout),
                retry=retry_if_exception_type(TryAgain),
            )

            async def attempt() -> Operation:
                operation = await self.operation(name)
                if not operation.done:
                    raise TryAgain
                # Done does not mean well done.
                if operation.error:
                    raise OperationFailed(f"{name}: {operation.error}")
                return operation

            return await last_value_from(from_async(attempt).pipe(retry_when(policy)))
        except RetryError:
            raise OperationTimeout(f"{name}: not done after {timeout:.3f}s") from None
        raise AssertionError("unreachable")
