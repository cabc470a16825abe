from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def send(row: str) -> str:
        return await world.call("send", row)

    delay = world.pick("delay", [0.1, 1 / 3, 1.0, 2.5, 0.0, -1.0])
    uploader = subject.Uploader(send, subject.Settings(stagger=delay))
    return await uploader.run_batch([f"row {n}" for n in range(world.choose("rows", 0, 12))])
