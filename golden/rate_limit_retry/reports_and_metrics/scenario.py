from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    limited = [lambda call: subject.RateLimitError(str(call))]
    world.fails("run", 0.6, error=limited * 7 + [OSError])

    async def run(job: str, attempt: int) -> str:
        return await world.call("run", job, attempt)

    metrics = subject.Metrics()
    try:
        if world.chance("measured", 0.6):
            return await subject.measured(run, "j", metrics, world.choose("retries", 0, 4))
        return await subject.noticed(run, "j", metrics)
    finally:
        world.note("metrics", metrics.counts)
