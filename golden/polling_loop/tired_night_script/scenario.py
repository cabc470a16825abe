from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    ends = world.choose("ends", 0, 5)
    world.fails("get", 0.1)

    class Job:
        idle = True

        async def get(self, what: str) -> object:
            return await world.call("get", what)

    answers = {"state": "ok", "there": False, "upload": "ok", "settled": True}
    other = {"state": "no", "there": True, "upload": "wait", "settled": False}
    bad = world.chance("bad", 0.3)

    def answer(call) -> object:
        what = call.args[0]
        if what == "upload" and bad and call.n == 2:
            return "bad"
        return answers[what] if call.n >= ends else other[what]

    world.answers("get", answer)
    names = ["waitFor", "gone", "upload_done", "settle"]
    return await getattr(subject, world.pick("what", names))(Job())
