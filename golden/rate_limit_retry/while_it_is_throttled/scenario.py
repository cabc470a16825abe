from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    throttled = [lambda call: subject.ThrottlingException(str(call))]
    world.fails("invoke", 0.65, error=throttled * 8 + [OSError])

    class Client:
        async def invoke(self, body: object) -> object:
            return await world.call("invoke", body)

    match world.pick("what", ["counted", "endless", "numbered", "from zero"]):
        case "counted":
            attempts = world.choose("attempts", -1, 4)
            return await subject.invoke(Client(), {"a": 1}, max_attempts=attempts)
        case "endless":
            return await subject.invoke_for_ever(Client(), [1])
        case "numbered":
            return await subject.invoke_numbered(Client(), 7)
    return await subject.invoke_from_zero(Client(), None)
