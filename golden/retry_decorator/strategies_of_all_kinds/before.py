"""Policies as they grow over the years."""

from tenacity import (
    RetryCallState,
    after_log,
    before_log,
    retry,
    retry_all,
    retry_if_exception,
    retry_if_exception_message,
    retry_if_exception_type,
    retry_if_not_exception_type,
    retry_if_not_result,
    stop_after_attempt,
    stop_after_delay,
    stop_before_delay,
    stop_never,
    wait_chain,
    wait_fixed,
    wait_incrementing,
    wait_none,
    wait_random,
    wait_random_exponential,
)

log = None  # the application sets it
_QUICK = wait_fixed(0.05) + wait_random(0, 0.2)
_PATIENT = wait_random_exponential(multiplier=0.5, max=4)


def note(retry_state: RetryCallState) -> None:
    outcome = retry_state.outcome
    if outcome is not None and outcome.failed:
        print_line(retry_state.fn.__name__, retry_state.attempt_number, outcome.exception())
    print_line(retry_state.args[2:], retry_state.next_action.sleep)


def print_line(*words):
    LINES.append(" ".join(map(str, words)))


LINES = []


def is_busy(error):
    return "busy" in str(error)


class Library:
    @retry(
        stop=stop_after_attempt(5) | stop_after_delay(6),
        wait=_QUICK,
        retry=(
            retry_if_exception(is_busy)
            # The proxy says so when it restarts.
            | retry_if_exception_message(match=".*down")
            | retry_if_exception_type(ConnectionError)  # pulled cables
        ),
        before_sleep=note,
        reraise=True,
    )
    async def lend(self, call, book):
        return await call("lend", book)

    @retry(
        stop=(stop_before_delay(5) & stop_after_attempt(3)),
        wait=_PATIENT,
        retry=retry_all(retry_if_not_exception_type(LookupError), retry_if_exception(is_busy)),
        before_sleep=note,
        reraise=True,
    )
    async def take_back(self, call, book):
        return await call("take back", book)

    @retry(
        stop=stop_never,
        wait=wait_chain(*[wait_fixed(0.1) for _ in range(2)] + [wait_fixed(0.4)]),
        retry=retry_if_not_result(bool),
        before=None,
    )
    async def search(self, call, words):
        return await call("search", words)

    @retry(wait=wait_none(), stop=stop_after_attempt(2), reraise=True)
    @retry(wait=wait_incrementing(0.1, 0.2, max=1), stop=stop_after_attempt(2), reraise=True)
    async def renew(self, call, card):
        return await call("renew", card)


def audited(function, logger, level):
    @retry(
        before=before_log(logger, level),
        after=after_log(logger, level),
        stop=stop_after_attempt(3),
        wait=_QUICK if level > 10 else wait_fixed(0.3),
        reraise=level > 10,
        retry_error_callback=lambda state: f"gave up after {state.attempt_number}",
    )
    def call(*args):
        return function(*args)

    return call
