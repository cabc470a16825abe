"""Ways out of the loop that code below it tells apart."""

import reactivex as rx

from _operators import PENDING, last_value_from, upload_with_retry


class RateLimitError(Exception):
    pass


async def pages(fetch, urls):
    found = []
    for url in urls:
        for attempt in range(3):
            try:
                if page := await fetch(url):
                    found.append(page)
                    break
                return found
            except RateLimitError:
                await last_value_from(rx.timer(0.1))
    return found


async def enough(fetch, url, budget):
    for attempt in range(9):
        try:
            return await fetch(url)
        except RateLimitError:
            budget -= 1
            if not budget:
                break
            await last_value_from(rx.timer(0.1))
    return "no budget"


async def counted_from_else(fetch, url, retries):
    async def request(url):
        await fetch(url)

    def backoff(attempt, exc):
        if attempt == retries - 1:
            raise exc
        return 0.1

    result = await last_value_from(
        upload_with_retry(
            url,
            request,
            max_attempts=retries,
            retry_on=RateLimitError,
            backoff=backoff,
            exhausted=PENDING,
        )
    )
    if result is PENDING:
        return "never tried"
    return "fetched"


async def steps(fetch, url):
    for attempt in range(0, 10, 2):
        try:
            return await fetch(url)
        except RateLimitError:
            await last_value_from(rx.timer(0.1 * attempt))
