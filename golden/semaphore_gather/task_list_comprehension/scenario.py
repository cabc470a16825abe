from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def fetch(user_id: int) -> dict[str, str]:
        return {"name": await world.call("fetch", user_id)}

    ids = list(range(world.choose("users", 0, 7)))
    limit = world.choose("limit", 1, 3)
    users = await subject.users(ids, fetch, limit)
    names = await subject.names([n + 100 for n in ids], fetch, limit)
    return users, names, await subject.first_user([n + 200 for n in ids], fetch)
