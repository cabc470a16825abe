from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("get", 0.5, error=[ConnectionError, subject.RateLimited, OSError])
    world.returns("get", lambda n, rng: rng.choice(["ok", "", "no"]))

    class Client:
        async def get(self, url: str) -> str:
            return await world.call("get", url)

    names = ["fetch", "fetch_patiently", "fetch_fairly", "send"]
    what = getattr(subject, world.pick("what", names))
    return await what(Client(), "https://pages.example/1")
