"""What has begun, or is there twice; and calls that do something before they give a coroutine."""

import asyncio

from _operators import fork_join, last_value_from


async def both(call, note):
    first = asyncio.create_task(call("first"), name="first")
    second = asyncio.ensure_future(call("second"))
    note("begun")
    await asyncio.sleep(0)
    results = await last_value_from(fork_join(first, second, first))
    return results, first.done() and second.done()


async def in_order(call, note):
    def noted(name):
        note(f"made {name}")
        return call(name)

    done = asyncio.get_running_loop().create_future()
    done.set_result("at once")
    a, b, c = await last_value_from(
        fork_join(noted("a"), noted(note("argument") or "b"), done)
    )
    return [a, b, c, *await last_value_from(fork_join(done, done))]
