import asyncio
from contextvars import ContextVar

from codemods.verify.world import World

TENANT: ContextVar[str] = ContextVar("TENANT", default="none")


async def scenario(subject, world: World) -> object:
    world.watch(TENANT)
    world.watch(subject.user)
    TENANT.set("acme")

    async def session(number: int, user: int) -> str:
        task = asyncio.current_task()
        assert task is not None
        return await world.call("session", number, user, task.get_name())

    try:
        return await subject.ramp_up(world.choose("users", 0, 25), session)
    finally:
        world.note("outside", TENANT.get(), subject.user.get())
