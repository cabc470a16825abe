"""Attempts, waits and their end, on a real clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import pairwise

import reactivex as rx
from reactivex import operators as ops

from codemods.verify.patterns.examine import (
    Evidence,
    Numbers,
    cancel_everywhere,
    examine,
    expect,
    failing_observer,
    milliseconds,
)
from transforms.runtime.operators import (
    RetryPolicy,
    RetryState,
    concat_map,
    do_action,
    from_async,
    last_value_from,
    retry_if_exception_type,
    retry_when,
    stop_after_attempt,
    timeout,
    upload_with_retry,
    wait_exponential,
    wait_fixed,
)

_LATE = 1.0
"""Seconds by which a wait may be late on a busy machine. It may never be early."""


async def retries() -> tuple[bool, Evidence]:
    """Three failures, then success; and a budget that is spent."""
    return await examine(
        [
            three_failures_then_success,
            control_with_the_stock_operator,
            budget_spent,
            full_jitter_within_its_cap,
            cancellation_is_not_retried,
            a_falsy_exception_is_kept,
            nothing_upstream_is_repeated,
            a_time_limit_for_each_attempt,
            a_callback_that_raises,
            with_an_observer_that_raises,
            subscribed_to_twice,
            cancelled_at_every_await_point,
        ]
    )


class _Flaky:
    """Fails so many times, then succeeds; knows when it was called."""

    def __init__(self, failures: int, error: Callable[[int], Exception] = ConnectionError) -> None:
        self.failures = failures
        self.error = error
        self.calls: list[float] = []
        self.raised: list[Exception] = []

    async def __call__(self) -> int:
        self.calls.append(time.monotonic())
        await asyncio.sleep(0)
        if len(self.calls) <= self.failures:
            self.raised.append(self.error(len(self.calls)))
            raise self.raised[-1]
        return len(self.calls)

    def waits(self) -> list[float]:
        return [b - a for a, b in pairwise(self.calls)]


def _check_waits(measured: list[float], wanted: list[float]) -> None:
    expect(len(measured) == len(wanted), f"{len(measured)} waits")
    for wait, least in zip(measured, wanted, strict=True):
        expect(least <= wait + 0.001, f"{wait:.4f} s instead of {least} s: early")
        expect(wait < least + _LATE, f"{wait:.4f} s instead of {least} s: late")


def _ms(waits: list[float]) -> list[float]:
    return [milliseconds(wait) for wait in waits]


def _policy(attempts: int, wait: float = 0.001) -> RetryPolicy:
    return RetryPolicy(stop=stop_after_attempt(attempts), wait=wait_fixed(wait), reraise=True)


async def three_failures_then_success() -> Numbers:
    flaky, values, slept = _Flaky(3), list[int](), list[int]()
    policy = RetryPolicy(
        stop=stop_after_attempt(5),
        wait=wait_exponential(0.04),
        retry=retry_if_exception_type(ConnectionError),
        before_sleep=lambda state: slept.append(state.attempt_number),
        reraise=True,
    )
    pipeline = from_async(flaky).pipe(retry_when(policy), ops.do_action(values.append))
    result = await last_value_from(pipeline)
    expect(result == 4 and values == [4], f"result {result}, values {values}")
    expect(slept == [1, 2, 3], f"retries {slept}")
    _check_waits(flaky.waits(), [0.04, 0.08, 0.16])
    return {"values": len(values), "retries": len(slept), "waits (ms)": _ms(flaky.waits())}


async def control_with_the_stock_operator() -> Numbers:
    """``ops.retry`` waits for nothing, and must be found out: the check can fail."""
    flaky = _Flaky(3)
    await last_value_from(from_async(flaky).pipe(ops.retry(5)))
    early = sum(wait < least for wait, least in zip(flaky.waits(), [0.04, 0.08, 0.16], strict=True))
    expect(early == 3, f"{early} waits too short")
    return {"waits too short": early, "waits (ms)": _ms(flaky.waits())}


async def budget_spent() -> Numbers:
    """The last exception itself comes out, at once."""
    flaky = _Flaky(99)
    try:
        await last_value_from(from_async(flaky).pipe(retry_when(_policy(4, 0.01))))
    except ConnectionError as error:
        over = time.monotonic() - flaky.calls[-1]
        expect(error is flaky.raised[-1], "not the last exception")
    else:
        expect(False, "the exception was lost")
    expect(len(flaky.calls) == 4, f"{len(flaky.calls)} attempts")
    _check_waits(flaky.waits(), [0.01] * 3)
    expect(over < _LATE, f"{over:.3f} s from the last attempt to the end")
    return {
        "attempts": len(flaky.calls),
        "waits (ms)": _ms(flaky.waits()),
        "last attempt to end (ms)": milliseconds(over),
    }


async def full_jitter_within_its_cap() -> Numbers:
    """Each wait lies below its ceiling, and the budget ends it before a wait that would not fit."""
    flaky = _Flaky(6)

    async def upload(record: str) -> int:
        return await flaky()

    result = await last_value_from(
        upload_with_retry("record", upload, 9, base_delay=0.02, cap=0.05)
    )
    ceilings = [0.02, 0.04, 0.05, 0.05, 0.05, 0.05]
    for wait, ceiling in zip(flaky.waits(), ceilings, strict=True):
        expect(wait < ceiling + _LATE, f"{wait:.3f} s above {ceiling} s")
    spread = len({round(wait, 4) for wait in flaky.waits()})
    expect(spread > 1, "no jitter")
    spent = _Flaky(99)

    async def never(record: str) -> int:
        return await spent()

    within = upload_with_retry("record", never, None, budget=0.05, backoff=lambda n, error: 0.02)
    try:
        await last_value_from(within)
    except ConnectionError as error:
        expect(error is spent.raised[-1], "not the last exception")
    expect(len(spent.calls) == 3, f"{len(spent.calls)} attempts in the budget")
    return {
        "attempts": result,
        "different waits": spread,
        "waits (ms)": _ms(flaky.waits()),
        "attempts in the budget": len(spent.calls),
    }


async def cancellation_is_not_retried() -> Numbers:
    """Unless a policy asks for it, as tenacity's would."""
    attempts = 0

    async def attempt() -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 2:
            raise asyncio.CancelledError("inside")
        raise ConnectionError

    try:
        await last_value_from(from_async(attempt).pipe(retry_when(RetryPolicy())))
    except asyncio.CancelledError as error:
        expect(error.args == ("inside",), f"arguments {error.args}")
    else:
        expect(False, "the cancellation was lost")
    expect(attempts == 2, f"{attempts} attempts")
    return {"attempts": attempts}


async def a_falsy_exception_is_kept() -> Numbers:
    class FalsyError(Exception):
        def __bool__(self) -> bool:
            return False

    flaky = _Flaky(99, FalsyError)
    try:
        await last_value_from(from_async(flaky).pipe(retry_when(_policy(3))))
    except FalsyError as error:
        expect(error is flaky.raised[-1], "not the last exception")
    else:
        expect(False, "the exception was lost")
    expect(len(flaky.calls) == 3, f"{len(flaky.calls)} attempts")
    return {"attempts": len(flaky.calls)}


async def nothing_upstream_is_repeated() -> Numbers:
    flaky, upstream = _Flaky(2), list[int]()

    async def prepare(item: int) -> None:
        upstream.append(item)

    attempt = from_async(flaky).pipe(retry_when(_policy(5)))
    await last_value_from(rx.range(3).pipe(do_action(prepare), concat_map(lambda _: attempt)))
    expect(upstream == [0, 1, 2], f"upstream {upstream}")
    expect(len(flaky.calls) == 5, f"{len(flaky.calls)} attempts")
    return {"upstream": len(upstream), "attempts": len(flaky.calls)}


async def a_time_limit_for_each_attempt() -> Numbers:
    """A slow attempt is cancelled, and its cleanup has ended before the next one begins."""
    log: list[str] = []

    async def attempt() -> int:
        number = sum(entry == "begin" for entry in log)
        log.append("begin")
        try:
            await asyncio.sleep(5 if number < 2 else 0)
        finally:
            if number < 2:
                await asyncio.sleep(0.01)
            log.append("end")
        return number

    started = time.monotonic()
    limited = from_async(attempt).pipe(timeout(0.03))
    result = await last_value_from(limited.pipe(retry_when(_policy(5))))
    took = time.monotonic() - started
    expect(result == 2, f"result {result}")
    expect(log == ["begin", "end"] * 3, f"attempts overlap: {log}")
    expect(-0.002 <= took - 0.08 < _LATE, f"{took:.3f} s in all")
    attempts = log.count("begin")
    return {"attempts": attempts, "timed out": attempts - 1, "in all (ms)": milliseconds(took)}


async def a_callback_that_raises() -> Numbers:
    flaky, error = _Flaky(99), LookupError("before_sleep")

    def fail(state: RetryState) -> None:
        raise error

    policy = RetryPolicy(before_sleep=fail)
    try:
        await last_value_from(from_async(flaky).pipe(retry_when(policy)))
    except LookupError as raised:
        expect(raised is error, "another exception")
    else:
        expect(False, "the exception was lost")
    return {"attempts": len(flaky.calls)}


async def with_an_observer_that_raises() -> Numbers:
    """The caller gets the exception; the attempt, which succeeded, is not repeated."""
    flaky, error = _Flaky(1), LookupError("an observer")
    pipeline = from_async(flaky).pipe(retry_when(_policy(5)), failing_observer(error))
    try:
        await last_value_from(pipeline)
    except LookupError as raised:
        expect(raised is error, "another exception")
    else:
        expect(False, "the exception was lost")
    timer = rx.timer(0.001).pipe(failing_observer(error))
    try:
        await last_value_from(timer)
    except LookupError as raised:
        expect(raised is error, "another exception")
    expect(len(flaky.calls) == 2, f"{len(flaky.calls)} attempts")
    return {"attempts": len(flaky.calls)}


async def subscribed_to_twice() -> Numbers:
    """Each subscription has attempts of its own."""
    calls = 0

    async def attempt() -> int:
        nonlocal calls
        calls += 1
        if calls % 3:
            raise ConnectionError
        return calls

    pipeline = from_async(attempt).pipe(retry_when(_policy(3)))
    results = [await last_value_from(pipeline) for _ in range(2)]
    expect(results == [3, 6], f"results {results}")
    return {"attempts": results}


async def cancelled_at_every_await_point() -> Numbers:
    """In an attempt, in a wait, in a callback: no further attempt is made."""
    attempts: list[int] = []
    ended = True

    async def run() -> None:
        nonlocal ended
        attempts.clear()
        ended = False

        async def attempt() -> int:
            attempts.append(len(attempts))
            try:
                await asyncio.sleep(0.001)
            finally:
                await asyncio.sleep(0)
            if len(attempts) < 4:
                raise ConnectionError
            return len(attempts)

        async def before_sleep(state: RetryState) -> None:
            await asyncio.sleep(0)

        policy = RetryPolicy(
            stop=stop_after_attempt(5), wait=wait_fixed(0.001), before_sleep=before_sleep
        )
        try:
            await last_value_from(from_async(attempt).pipe(retry_when(policy)))
        finally:
            ended = True

    async def check() -> None:
        made = len(attempts)
        await asyncio.sleep(0.003)
        expect(ended and len(attempts) == made, "an attempt after the cancellation")

    return await cancel_everywhere(run, check)
