from codemods.verify.world import World


class Client:
    def __init__(self, world: World) -> None:
        self._world = world

    async def upload(self, path: str) -> str:
        return await self._world.call("upload", path)


async def scenario(subject, world: World) -> object:
    async def remove(path: str) -> str:
        return await world.call("remove", path)

    uploader = subject.Uploader()
    assert await uploader.upload([]) == []
    assert await uploader.remove([]) == []
    paths = [f"p{number}" for number in range(world.choose("paths", 0, 5))]
    uploader.connect(Client(world))
    uploaded = await uploader.upload_all(paths)
    await uploader.cool_down([world.uniform(f"pause {path}", 0.1, 2.0) for path in paths])
    return uploaded, await uploader.upload(paths), await uploader.remove(paths, remove)
