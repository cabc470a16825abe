from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.returns("render", lambda n, rng: rng.choice([b"jpeg", b"png", b"jpeg", b""]))

    async def render(path: str, width: int) -> bytes:
        return await world.call("render", path, width)

    paths = [f"p{number}.jpg" for number in range(world.choose("pictures", 0, 8))]
    service = subject.ThumbnailService(render)
    return await service.thumbnails(paths, max_parallel=world.choose("limit", 1, 4))
