from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("run", 0.5, error=[ConnectionError, ValueError])

    async def run(batch: str) -> int:
        return len(await world.call("run", batch))

    runner = subject.BatchRunner(run, cooldown=world.uniform("cooldown", 0.5, 3.0), cap=7.5)
    return await runner.run_all([f"batch {n}" for n in range(world.choose("batches", 0, 6))])
