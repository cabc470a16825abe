"""Written at night, for one import of one spreadsheet."""
import asyncio, time
import aiolimiter as al

LIMIT = al.AsyncLimiter(3)          # per minute!! (the default)
gate = asyncio.Semaphore(2)
seen = []; began = time.monotonic()

async def push(row, send, limiter: "al.AsyncLimiter" = None):
    limiter = limiter or LIMIT
    async with gate:
        async with limiter: seen.append(row)
        return await send(row)

async def main(rows, send):
    out = []
    own = al.AsyncLimiter(2, time_period = 5) if len(rows) > 3 else None
    for t in [asyncio.create_task(push(r, send, own)) for r in rows]:
        try: out.append(await t)
        except ValueError as e: out.append(str(e))
    return out, len(seen), round(time.monotonic() - began, 3)
