import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    phases = ["pulling", "starting", "checking", "live"]
    first = world.choose("first", 0, 3)
    world.returns("phase", lambda n, rng: phases[min(first + n, 3)])
    world.fails("phase", 0.3, error=[ConnectionError, ValueError])

    class Deployment:
        async def phase(self) -> str:
            return await world.call("phase")

        def closed(self, what: object) -> None:
            world.note("closed", what)

        def on_question(self, report) -> None:
            self.report = report

    deployment, interval = Deployment(), world.uniform("interval", 0.2, 1.5)
    match world.pick("what", ["follow", "report", "quietly", "counted"]):
        case "follow":
            return await subject.follow(deployment, interval)
        case "quietly":
            return await subject.follow_quietly(deployment, interval)
        case "counted":
            return await subject.follow_counted(deployment, interval)
    following = asyncio.create_task(subject.follow_with_report(deployment, interval))
    try:
        await world.call("question", "phase?")
        world.note("answer", deployment.report())
        return await following
    finally:
        following.cancel()
