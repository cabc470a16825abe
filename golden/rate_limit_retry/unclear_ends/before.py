"""Ways out of the loop that code below it tells apart."""

import asyncio


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
                await asyncio.sleep(0.1)
    return found


async def enough(fetch, url, budget):
    for attempt in range(9):
        try:
            return await fetch(url)
        except RateLimitError:
            budget -= 1
            if not budget:
                break
            await asyncio.sleep(0.1)
    return "no budget"


async def counted_from_else(fetch, url, retries):
    for attempt in range(retries):
        try:
            await fetch(url)
            break
        except RateLimitError:
            if attempt == retries - 1:
                raise
            await asyncio.sleep(0.1)
    else:
        return "never tried"
    return "fetched"


async def steps(fetch, url):
    for attempt in range(0, 10, 2):
        try:
            return await fetch(url)
        except RateLimitError:
            await asyncio.sleep(0.1 * attempt)
