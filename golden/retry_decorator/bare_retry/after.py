from _operators import RetryPolicy, retry_when


@retry_when(RetryPolicy())
async def connect(dial, host):
    return await dial(host)


class Session:
    @retry_when(RetryPolicy())
    def ping(self, call):
        """Until somebody answers."""
        return call("ping")
