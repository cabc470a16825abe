import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def api(*args: object) -> str:
        return await world.call(*args)

    migration = subject.Migration(api, dry_run=world.chance("dry run", 0.5))
    found = await asyncio.gather(
        migration.migrate("acme"),
        migration.remigrate("umbrella", since=world.choose("since", 1, 9)),
        return_exceptions=True,
    )
    return found, migration.done
