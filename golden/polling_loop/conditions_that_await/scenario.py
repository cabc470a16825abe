from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    ends = world.choose("ends", 0, 5)
    states = ["opening"] * ends + [world.pick("state", ["syncing", "synced"]), "synced", "synced"]
    turned = world.chance("turned", 0.5)
    world.returns("ready", lambda n, rng: (n >= ends) is not turned)
    world.returns("state", lambda n, rng: states[min(n, len(states) - 1)])
    world.fails("ready", 0.15)
    world.fails("state", 0.15)

    class Cache:
        async def ready(self, shards: int) -> bool:
            return await world.call("ready", shards)

        async def state(self, name: str) -> str:
            return await world.call("state", name)

    cache = Cache()
    match world.pick("what", ["warm", "final", "synced", "known"]):
        case "warm":
            return await (subject.quiet if turned else subject.warmed_up)(cache, 3)
        case "final":
            return await subject.final_state(cache, "users")
        case "synced":
            return await subject.synced(cache, "users")
    return await subject.known_state(cache, "users", world.choose("patience", 0, 4))
