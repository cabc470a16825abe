from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    def limited(call):
        return subject.RateLimitError([None, 0.3, 0.7][call.n % 3])

    world.fails("send", 0.8, error=[limited] * 9 + [OSError])

    async def send(note: str) -> str:
        return await world.call("send", note)

    ways = ["as_it_asks", "counted", "impatient", "not_after_the_last", "of_three_kinds"]
    return await getattr(subject, world.pick("how", ways))(send, "n")
