"""tenacity is an extra: the file works without it."""

from _operators import RetryPolicy, retry_when, stop_after_delay

try:
    from tenacity import retry, stop_after_attempt
except ImportError:
    retry = None


def call(function):
    @retry_when(RetryPolicy(stop=stop_after_delay(3)))
    def attempt():
        return function()

    return attempt()


if retry is not None:

    @retry(stop=stop_after_attempt(3), reraise=True)
    def patient(function):
        return function()
