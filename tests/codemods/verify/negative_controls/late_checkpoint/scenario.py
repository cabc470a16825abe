"""The write fails now and then: the second wave must not start in that case."""

from codemods.verify.world import WorldOptions

# Only what this control is about: other controls are about the rest.
WORLD = WorldOptions(cancellations=0, contextvars=False)


async def scenario(subject, world):
    async def first():
        return await world.call("first")

    async def save(found):
        await world.call("save", found)

    async def second(found):
        return await world.call("second", found)

    return await subject.extract(first, save, second)
