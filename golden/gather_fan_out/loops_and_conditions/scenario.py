from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def run(first: str, second: str) -> str:
        return await world.call("run", first, second)

    versions = ["3.11", "3.12", "3.13"][: world.choose("versions", 0, 3)]
    platforms = ["linux", "mac"][: world.choose("platforms", 0, 2)]
    suites = ["unit", "legacy", "docs"][: world.choose("suites", 0, 3)]
    matrix = subject.Matrix(run, versions, platforms)
    tested = await matrix.test_all(suites, slow=world.chance("slow", 0.5))
    await matrix.smoke(suites)
    return tested, await matrix.latest(suites), await matrix.repeat(world.choose("times", 0, 3))
