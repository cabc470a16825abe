from tenacity import retry


@retry
async def connect(dial, host):
    return await dial(host)


class Session:
    @retry()
    def ping(self, call):
        """Until somebody answers."""
        return call("ping")
