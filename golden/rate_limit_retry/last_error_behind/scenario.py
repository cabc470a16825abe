from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    limited = [lambda call: subject.RateLimitExceeded(str(call))]
    world.fails("post", 0.65, error=limited * 8 + [OSError])

    class Transport:
        async def post(self, name: str, *, body: dict) -> str:
            return await world.call("post", name, body=body)

    sender = subject.Sender(Transport())
    sender.max_retries = world.choose("retries", 0, 4)
    run = world.pick("run", [sender.send, sender.forward, sender.broadcast])
    return await run({"id": "m-1"})
