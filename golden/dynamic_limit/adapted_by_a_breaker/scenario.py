from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("upload", 0.2, error=[OSError])

    async def upload(name: str) -> str:
        return await world.call("upload", name)

    uploader = subject.Uploader(upload, world.choose("concurrency", 1, 3))
    batches = [[f"{b}{n}" for n in range(world.choose(f"size {b}", 0, 3))] for b in "abc"]
    return await uploader.run(batches)
