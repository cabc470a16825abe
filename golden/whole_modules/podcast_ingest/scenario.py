import asyncio

from codemods.verify.world import World

METHODS = (
    ["feeds", "download_all", "transcode_many", "both", "wait_job", "until_quiet"]
    + ["head_or_none", "publish", "notify", "until_indexed", "bump", "bump_few", "push"]
    + ["enrich", "nightly", "main", "stopped"]
)


async def scenario(subject, world: World) -> object:
    what = world.pick("what", METHODS)
    rounds = world.choose("rounds", 0, 5)
    errors = {
        "write": subject.Conflict,
        "push": subject.RateLimitError,
        "publish": ConnectionError,
        "notify": OSError,
    }

    def slow(call) -> object:
        if call.n < rounds:
            return {"status": "busy", "queue": 3, "index": "no"}[call.name]
        return {"status": "done", "queue": 0, "index": "indexed"}[call.name]

    for name in ("status", "queue", "index"):
        world.answers(name, slow)
    world.fails("download", 0.1)
    world.fails("get", 0.2)

    class Remote:
        def __getattr__(self, name: str):
            async def call(*args: object) -> object:
                n = counts[name] = counts.get(name, 0) + 1
                answer = await world.call(name, *args)
                if name in errors and n <= rounds:
                    raise errors[name]()
                return n if name == "read" else answer

            return call

    class Store(Remote):
        def probe(self, ep: object, fast: bool = False) -> object:
            return world.sync_call("probe", ep, fast)

        def size(self, ep: object) -> object:
            return world.sync_call("size", ep)

    counts: dict[str, int] = {}
    eps = [f"ep{n}" for n in range(world.choose("episodes", 1, 5))]
    ingest = subject.Ingest(Remote(), Store(), workers=world.choose("workers", 1, 3))
    if what == "main":
        return await subject.main(ingest, eps)
    if what == "stopped":
        running = asyncio.create_task(ingest.run(eps))
        await asyncio.sleep(world.uniform("stop at", 0.01, 2.0))
        ingest.stop.set()
        return await running
    many = {"feeds", "download_all", "transcode_many", "enrich", "nightly"}
    given = () if what == "until_quiet" else (eps,) if what in many else (eps[0],)
    return await getattr(ingest, what)(*given)
