from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def send(row: tuple[str, int]) -> str:
        return await world.call("send", row)

    lines = [f"row {n}={n}" for n in range(world.choose("lines", 0, 6))]
    if world.chance("broken line", 0.3):
        lines.append("broken=?")
    return await subject.replay(lines, lambda line: world.note("read", line), send)
