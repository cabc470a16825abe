import tenacity
from tenacity import retry

RETRY = {"stop": tenacity.stop_after_attempt(3), "reraise": True}


class Api:
    def __init__(self, config):
        self.config = config

    @retry(**RETRY)
    async def get(self, path):
        return path

    async def post(self, send, body):
        @retry(**self.config, reraise=True)
        async def attempt():
            return await send(body)

        return await attempt()

    @retry(tenacity.nap.sleep, tenacity.stop_after_attempt(3))
    def by_place(self, path):
        return path

    @retry(wait=tenacity.wait_fixed(*DELAYS))
    def starred(self, path):
        return path


DELAYS = (3,)
