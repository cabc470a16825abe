"""tenacity is an extra: the file works without it."""

try:
    from tenacity import retry, stop_after_attempt
except ImportError:
    retry = None


def call(function):
    from tenacity import retry as again
    from tenacity import stop_after_delay

    @again(stop=stop_after_delay(3))
    def attempt():
        return function()

    return attempt()


if retry is not None:

    @retry(stop=stop_after_attempt(3), reraise=True)
    def patient(function):
        return function()
