import contextlib
import io

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("f", 0.2, error=ValueError)
    world.returns("f", lambda n, rng: rng.randrange(3))
    xs = [f"x{n}" for n in range(world.choose("xs", 0, 4))]
    shown = io.StringIO()
    with contextlib.redirect_stderr(shown), contextlib.redirect_stdout(shown):
        return await subject.main(xs, lambda x: world.sync_call("f", x)), shown.getvalue()
