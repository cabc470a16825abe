import logging

from _operators import (
    RetryPolicy,
    before_sleep_log,
    retry_if_exception_type,
    retry_when,
    stop_after_attempt,
    wait_exponential_jitter,
)

logger = logging.getLogger("db")


def check(db, retries):
    policy = RetryPolicy(
        stop=stop_after_attempt(1 + retries),
        wait=wait_exponential_jitter(maximum=2),
        before_sleep=before_sleep_log(logger, logging.WARNING),
        reraise=True,
    )

    def attempt():
        db.check()

    retry_when(policy).run(attempt)


def url(client, run):
    policy = RetryPolicy(
        name="url",
        stop=stop_after_attempt(3),
        retry=retry_if_exception_type(LookupError),
    )

    def attempt():
        return client.url(run)

    return retry_when(policy).run(attempt)
    raise ValueError("Failed to get run URL.")


def size(client, run):
    policy = RetryPolicy(stop=stop_after_attempt(2), reraise=True)

    def attempt():
        return client.url(run)

    text = retry_when(policy).run(attempt)
    return len(text)
