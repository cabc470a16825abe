from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.returns("post", lambda n, rng: rng.choice([200, 200, 503, 404]))
    world.fails("post", 0.3, error=[ConnectionError, ValueError])
    world.returns("get", lambda n, rng: rng.choice(["", f"text {n}"]))
    world.fails("get", 0.1)
    if world.chance("page", 0.4):
        return await subject.page(lambda number: world.call("get", number), 7)

    async def post(document):
        return await world.call("post", document)

    return await subject.upload(post, "doc", world.choose("attempts", 1, 4))
