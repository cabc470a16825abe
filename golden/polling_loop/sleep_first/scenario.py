from types import SimpleNamespace

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    ends = world.choose("ends", 0, 5)
    last = world.pick("last", ["completed", "expired"])
    world.fails("retrieve", 0.2, error=[ConnectionError, ValueError])
    world.answers(
        "retrieve",
        lambda call: SimpleNamespace(
            id=call.args[0],
            status=last if call.n >= ends else call.rng.choice(["queued", "in_progress"]),
        ),
    )

    class Api:
        async def retrieve(self, run_id: str) -> object:
            return await world.call("retrieve", run_id)

    assistant = subject.Assistant(Api())
    run = SimpleNamespace(id="run-1", status=world.pick("status", ["queued", "completed"]))
    match world.pick("what", ["poll", "response", "next", "outlast"]):
        case "poll":
            return await assistant.poll_run(run)
        case "response":
            return await assistant.response_of(run)
        case "next":
            return await assistant.next_run("run-2")
    return await assistant.outlast("run-3", world.uniform("deadline", 0.0, 3.0))
