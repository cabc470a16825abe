"""What has begun, or is there twice; and calls that do something before they give a coroutine."""

import asyncio


async def both(call, note):
    first = asyncio.create_task(call("first"), name="first")
    second = asyncio.ensure_future(call("second"))
    note("begun")
    await asyncio.sleep(0)
    results = await asyncio.gather(first, second, first)
    return results, first.done() and second.done()


async def in_order(call, note):
    def noted(name):
        note(f"made {name}")
        return call(name)

    done = asyncio.get_running_loop().create_future()
    done.set_result("at once")
    a, b, c = await asyncio.gather(noted("a"), noted(note("argument") or "b"), done)
    return [a, b, c, *await asyncio.gather(done, done)]
