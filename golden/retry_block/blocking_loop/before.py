import logging

from tenacity import (
    Retrying,
    before_sleep_log,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

logger = logging.getLogger("db")


def check(db, retries):
    for attempt in Retrying(
        stop=stop_after_attempt(1 + retries),
        wait=wait_exponential_jitter(max=2),
        before_sleep=before_sleep_log(logger, logging.WARNING),
        reraise=True,
    ):
        with attempt:
            db.check()


def url(client, run):
    for attempt in Retrying(
        name="url", stop=stop_after_attempt(3), retry=retry_if_exception_type(LookupError)
    ):
        with attempt:
            return client.url(run)
    raise ValueError("Failed to get run URL.")


def size(client, run):
    for attempt in Retrying(stop=stop_after_attempt(2), reraise=True):
        with attempt: text = client.url(run)
    return len(text)
