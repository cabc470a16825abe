"""Some checks take longer than the period."""

from codemods.verify.world import WorldOptions

# Only what this control is about: other controls are about the rest.
WORLD = WorldOptions(cancellations=0, contextvars=False)


async def scenario(subject, world):
    checks = world.choose("checks", 0, 4)
    period = world.pick("period", [0.1, 1.0])
    world.returns("status", lambda n, rng: "done" if n >= checks else "pending")
    world.latency("status", 0.02, 0.9)

    async def check():
        return await world.call("status")

    return await subject.until_done(check, period)
