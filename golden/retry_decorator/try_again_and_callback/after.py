from _operators import (
    RetryError,
    RetryPolicy,
    TryAgain,
    retry_if_exception_type,
    retry_when,
    stop_after_attempt,
    wait_fixed,
)


def give_up(retry_state):
    error = retry_state.outcome.exception()
    return {"job": retry_state.args[1], "tries": retry_state.attempt_number, "error": repr(error)}


@retry_when(
    RetryPolicy(
        stop=stop_after_attempt(4),
        wait=wait_fixed(0.3),
        retry=retry_if_exception_type(ConnectionError),
        retry_error_callback=give_up,
    )
)
async def finished(status, job):
    state = await status(job)
    if state != "done":
        raise TryAgain
    return state


@retry_when(RetryPolicy(stop=stop_after_attempt(2), wait=wait_fixed(0.3), reraise=True))
async def confirmed(status, job):
    try:
        return await status(job)
    except OSError as error:
        raise TryAgain() from error


async def report(status, job):
    try:
        return await confirmed(status, job)
    except (RetryError, TryAgain) as error:
        return type(error).__name__
