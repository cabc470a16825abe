import asyncio


async def upload_all(items, limit, upload, events):
    """What has started when the stop comes is drained; the rest never starts."""
    stop, kill = events
    gate = asyncio.Semaphore(limit)
    results = {}

    async def one(item):
        async with gate:
            if stop.is_set():
                return
            try:
                results[item] = await upload(item)
            except Exception as error:
                results[item] = error

    def end_what_runs():
        # Once: a second cancellation would meet the cleanup.
        for task in tasks:
            if not task.cancelling():
                task.cancel()

    async def end_when_killed():
        await kill.wait()
        end_what_runs()

    tasks = [asyncio.ensure_future(one(item)) for item in items]
    killer = asyncio.ensure_future(end_when_killed())
    try:
        while any(not task.done() for task in tasks):
            await asyncio.wait(tasks)
    except asyncio.CancelledError:
        end_what_runs()
        await asyncio.wait(tasks)
        raise
    finally:
        killer.cancel()
    return [results[item] for item in items if item in results]


def make_events():
    return asyncio.Event(), asyncio.Event()


def fire(event):
    event.set()
