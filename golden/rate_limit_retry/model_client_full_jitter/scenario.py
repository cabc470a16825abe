from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    limited = [lambda call: subject.RateLimitError(str(call))]
    world.fails("send", 0.65, error=limited * 7 + [ConnectionError])

    async def send(prompt: str) -> str:
        return await world.call("send", prompt)

    base, cap = world.uniform("base", 0.05, 0.6), world.uniform("cap", 0.3, 2.0)
    client = subject.ModelClient(send, base=base, cap=cap)
    match world.pick("what", ["complete", "embed", "moderate"]):
        case "complete":
            return await client.complete("hello")
        case "embed":
            return await client.embed("hello", world.choose("retries", 0, 4))
    return await client.moderate("hello")
