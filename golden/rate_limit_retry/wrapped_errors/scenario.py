from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    errors = [lambda call: subject.RateLimitError(str(call), 429)] * 6
    errors += [lambda call: subject.FatalError("no"), lambda call: ValueError("odd"), OSError]
    world.fails("chat", 0.6, error=errors)

    class Api:
        async def chat(self, messages: list[str]) -> str:
            return await world.call("chat", messages)

    provider = subject.Provider(Api(), world.choose("retries", 0, 4))
    run = world.pick("run", [provider.ainvoke, provider.stream])
    return await run(["hi"])
