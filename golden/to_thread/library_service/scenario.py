from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.watch(subject.request_id)
    world.returns("run", lambda n, rng: [rng.randrange(9) for _ in range(3)])
    subject.request_id.set("r1")
    service = subject.LibraryService(lambda *args: world.sync_call("run", *args))
    books = await service.list_books(limit=world.choose("limit", 1, 9))
    author = world.pick("author", [None, "someone"])
    return books, await service.find("a title", author), await service.touch(7)
