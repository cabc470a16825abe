"""What tenacity hangs on the function is used: it has to stay tenacity's."""

from tenacity import retry, stop_after_attempt, wait_fixed


@retry(stop=stop_after_attempt(3), wait=wait_fixed(2))
async def fetch(get, url):
    return await get(url)


async def fetch_and_tell(get, url):
    page = await fetch(get, url)
    print("after", fetch.statistics["attempt_number"], "attempts")
    return page


class Client:
    @retry(stop=stop_after_attempt(3), wait=wait_fixed(2))
    def call(self):
        return 1

    def call_patiently(self):
        self.call.retry.wait = wait_fixed(10)
        return self.call()
