async def for_each(items, stop, step):
    for item in items:
        if stop.is_set():
            break
        await step(item)


async def until_stopped(stop, step):
    while not stop.is_set():
        await step("round")
