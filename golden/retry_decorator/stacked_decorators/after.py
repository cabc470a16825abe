import functools

from _operators import RetryPolicy, retry_when, stop_after_attempt, wait_fixed


def traced(function):
    @functools.wraps(function)
    async def call(*args, **kwargs):
        CALLS.append(function.__name__)
        return await function(*args, **kwargs)

    return call


CALLS = []


class Store:
    prefix = "s3://"

    def __init__(self, io):
        self._io = io

    @traced
    @retry_when(
        RetryPolicy(stop=stop_after_attempt(3), wait=wait_fixed(0.1), reraise=True)
    )
    async def outside(self, key):
        return await self._io("get", self.prefix + key)

    @retry_when(
        RetryPolicy(stop=stop_after_attempt(3), wait=wait_fixed(0.1), reraise=True)
    )
    @traced
    async def inside(self, key):
        return await self._io("get", self.prefix + key)

    @classmethod
    @retry_when(
        RetryPolicy(stop=stop_after_attempt(2), wait=wait_fixed(0.2), reraise=True)
    )
    async def of_class(cls, io, key):
        return await io("head", cls.prefix + key)

    @staticmethod
    @retry_when(
        RetryPolicy(stop=stop_after_attempt(2), wait=wait_fixed(0.2), reraise=True)
    )
    async def static(io, key):
        return await io("list", key)


class Mirror(Store):
    prefix = "gs://"

    @retry_when(RetryPolicy(stop=stop_after_attempt(2), reraise=True))
    async def outside(self, key):
        """First ours, then the other one's."""
        try:
            return await super().outside(key)
        except LookupError:
            return await super().outside(key.lower())
