from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    ends = world.choose("ends", 0, 9)
    last = world.pick("last", ["ready", "failed"])
    world.latency("fetch", 0.01, 0.3)
    world.fails("fetch", 0.1)
    world.returns(
        "fetch",
        lambda n, rng: {
            "percent": rng.choice([n * 10, 95]),
            "state": last if n >= ends else "running",
            "url": f"https://exports.example/{n}",
        },
    )

    async def fetch(export_id: str) -> dict:
        return await world.call("fetch", export_id)

    first, cap = world.uniform("first", 0.2, 1.5), world.uniform("cap", 1.0, 4.0)
    watcher = subject.ExportWatcher(fetch, first=first, cap=cap)
    if world.chance("drain", 0.4):
        return await watcher.drained("queue-7", patience=world.choose("patience", 0, 4))
    return await watcher.wait(
        "export-3",
        timeout=world.uniform("timeout", 0.0, 12.0),
        on_progress=world.pick("progress", [None, lambda percent: world.note("percent", percent)]),
    )
