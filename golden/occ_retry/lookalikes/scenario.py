from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("put", 0.5, error=[subject.ConflictError] * 5 + [ConnectionError, ValueError])
    world.fails("lock", 0.3, error=[subject.ConflictError])
    world.fails("get", 0.1)
    world.returns("busy", lambda n, rng: rng.random() < 0.3)

    stops = world.chance("stop", 0.3)

    class Store:
        async def put(self, item: object) -> object:
            result = await world.call("put", item)
            if stops:
                worker.running = False
            return result

        async def lock(self, item: str) -> object:
            return await world.call("lock", item)

        async def busy(self) -> bool:
            return await world.call("busy")

        async def reconnect(self) -> None:
            await world.call("reconnect")

        def release(self) -> None:
            world.note("release")

    class Queue:
        async def get(self) -> object:
            item = await world.call("get")
            if item.endswith("#3"):
                raise LookupError(item)
            return item

    worker = subject.Worker(Queue(), Store())
    what = world.pick(
        "what",
        [
            *("run", "until_stopped", "with_cleanup", "with_two_reasons", "with_given_delays"),
            *("each", "in_two_steps", "by_way_of_a_message", "among_attempts"),
        ],
    )
    if what == "run":
        return await worker.run()
    if what == "each":
        return [each async for each in worker.each(["a", "b"])]
    return await getattr(worker, what)("item")
