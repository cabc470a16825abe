import contextlib
import io

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def get(url: str, version: str = "v1") -> str:
        return await world.call("get", url, version)

    urls = [f"u{number}" for number in range(world.choose("urls", 0, 5))]
    with contextlib.redirect_stderr(io.StringIO()) as shown:
        first = await subject.go(urls, get)
    return first, shown.getvalue(), await subject.go2([*urls, "bad"], get)
