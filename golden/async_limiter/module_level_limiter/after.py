"""Written at night, for one import of one spreadsheet."""
import asyncio, time

from _operators import RateLimit, dynamic_semaphore, rate_limit

LIMIT = rate_limit(3)          # per minute!! (the default)
gate = dynamic_semaphore(2)
seen = []; began = time.monotonic()

async def push(row, send, limiter: "RateLimit" = None):
    limiter = limiter or LIMIT
    async with gate:
        async with limiter: seen.append(row)
        return await send(row)

async def main(rows, send):
    out = []
    own = rate_limit(2, time_period = 5) if len(rows) > 3 else None
    for t in [asyncio.create_task(push(r, send, own)) for r in rows]:
        try: out.append(await t)
        except ValueError as e: out.append(str(e))
    return out, len(seen), round(time.monotonic() - began, 3)
