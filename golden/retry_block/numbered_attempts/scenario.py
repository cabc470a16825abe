import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("smtp", 0.4, error=[ConnectionError, ValueError])
    world.fails("dial", 0.4)
    await asyncio.to_thread(subject.connect, lambda port: world.sync_call("dial", port))

    async def smtp(letter, number):
        return await world.call("smtp", letter, number)

    letters = [f"letter {n}" for n in range(world.choose("letters", 0, 3))]
    return await subject.Mailer(smtp).send(letters)
