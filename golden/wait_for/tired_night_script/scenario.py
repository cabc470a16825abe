import contextlib
import io

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def f(n: int) -> object:
        return await world.call("f", n)

    shown = io.StringIO()
    with contextlib.redirect_stderr(shown):
        found = await subject.main(
            f, list(range(world.choose("ns", 0, 5))), world.pick("tmo", [None, 0.3, 2])
        )
    return found, shown.getvalue()
