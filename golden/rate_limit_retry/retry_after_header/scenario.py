import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    after = world.pick("after", [None, 0.0, 0.4, 3.0])
    limited = [lambda call: subject.RateLimitedError(str(call), after)]
    world.fails("upload", 0.65, error=limited * 6 + [subject.RemoteError, OSError, KeyError])
    world.fails("slot", 0.1, error=[*limited, OSError])

    class Client:
        async def slot(self) -> None:
            await world.call("slot")

        async def upload(self, document: str) -> str:
            return await world.call("upload", document)

    uploader = subject.Uploader(Client(), asyncio.Semaphore(1), world.choose("retries", -1, 3))
    send = world.pick("send", [uploader.send, uploader.send, uploader.delete])
    try:
        return await asyncio.gather(*[send(f"d{n}") for n in range(world.choose("n", 1, 2))])
    finally:
        world.note("failures", uploader.failures)
