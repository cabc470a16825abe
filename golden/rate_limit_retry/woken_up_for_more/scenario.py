from codemods.verify.world import World


class Client:
    def __init__(self, world: World) -> None:
        self.world = world
        self.waits: list[float] = []

    async def __call__(self, prompt: str) -> object:
        return await self.world.call("ask", prompt)

    async def refresh(self) -> object:
        return await self.world.call("refresh")


async def scenario(subject, world: World) -> object:
    world.fails("ask", 0.6, error=[lambda call: subject.RateLimitError(0.1 * call), OSError])
    client = Client(world)
    name = world.pick(
        "what", ["with_fresh_token", "said_afterwards", "noted_on_the_client", "cleaned_up"]
    )
    try:
        return await getattr(subject, name)(client, "prompt")
    finally:
        world.note("waits", client.waits)
