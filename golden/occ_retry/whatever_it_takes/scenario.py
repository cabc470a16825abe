from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    stale = [lambda call: subject.StaleDataError(str(call))]
    world.fails("write", 0.6, error=stale * 6 + [ConnectionError, ValueError])
    world.fails("read", 0.15, error=[*stale, ConnectionError])
    world.returns("read", lambda n, rng: n)
    world.returns("write", lambda n, rng: n)

    async def read() -> int:
        return await world.call("read")

    async def write(line: str, version: int) -> int:
        return await world.call("write", line, version)

    journal = subject.Journal(read, write, world.uniform("backoff", 0.05, 0.4))
    match world.pick("what", ["append", "mark", "patient", "politely"]):
        case "append":
            return await journal.append("a line")
        case "mark":
            return await journal.mark("a mark")
        case "patient":
            return await journal.patient("a line", tries=world.choose("tries", -1, 4))
    return await journal.politely("please")
