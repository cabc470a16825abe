import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("post", 0.5, error=[subject.ConflictError] * 6 + [OSError])
    world.returns("post", lambda n, rng: n)

    async def post(entry: str, attempt: int) -> int:
        return await world.call("post", entry, attempt)

    ledger = subject.Ledger(post, asyncio.Lock())
    entries = [f"e{n}" for n in range(world.choose("entries", 0, 3))]
    try:
        match world.pick("what", ["all", "one", "free", "budget"]):
            case "all":
                return await ledger.post_all(entries, world.choose("retries", 0, 3))
            case "budget":
                return await ledger.with_one_budget(entries, world.choose("budget", 1, 5))
            case "one":
                return await ledger.post_one("e9")
        return await ledger.first_free(entries)
    finally:
        world.note("posted", list(ledger.posted))
