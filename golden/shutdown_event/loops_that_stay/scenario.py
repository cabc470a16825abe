import asyncio

from codemods.verify.world import WorldOptions

WORLD = WorldOptions(errors=(LookupError,), max_failure_rate=0.1)


async def scenario(subject, world):
    count = 0

    async def read():
        nonlocal count
        count += 1
        await world.call("read", count)
        return None if world.chance("end", 0.2) else count

    reader = subject.Reader(read)
    loop = asyncio.get_running_loop()
    found = []

    async def yielded():
        return [item async for item in reader.each()]

    calls = (
        lambda: reader.until_found(4),
        reader.until_empty,
        reader.last,
        lambda: reader.callbacks(["a", "b", "c"]),
        lambda: reader.which(["a", "b", "c"]),
        yielded,
        lambda: reader.both(3),
        reader.after_failure,
        subject.Replaced(read).run,
    )
    for number, call in enumerate(calls):
        reader.stopped.clear()
        handle = loop.call_later(world.uniform(f"stop {number}", 0.1, 2.0), reader.stopped.set)
        try:
            found.append(await call())
        except (LookupError, UnboundLocalError) as error:
            found.append(str(error))
        finally:
            handle.cancel()
    return found
