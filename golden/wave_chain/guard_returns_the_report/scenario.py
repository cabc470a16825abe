from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.answers("quote", lambda call: call.rng.choice([None, 5, 7, 11]))

    async def quote(sku: str, tariff: str) -> int | None:
        return await world.call("quote", sku, tariff)

    async def notify(text: str) -> None:
        await world.call("notify", text)

    run = subject.PricingRun(
        quote,
        notify,
        tariffs=["flat", "tiered"][: world.choose("tariffs", 0, 2)],
        sample=world.choose("sample", 0, 3),
        max_rejected=world.choose("max_rejected", 0, 4),
    )
    report = await run.run([f"sku-{number}" for number in range(world.choose("skus", 0, 8))])
    return vars(report)
