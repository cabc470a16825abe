from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("send", 0.5, error=[ValueError, OSError, KeyError])
    world.returns("send", lambda n, rng: rng.choice([None, "sent"]))

    async def send(host: str, number: int) -> str | None:
        return await world.call("send", host, number)

    return await subject.kick(send, "host.example", world.choose("n", 0, 7))
