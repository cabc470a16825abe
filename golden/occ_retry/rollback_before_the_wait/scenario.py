from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    hint = world.pick("hint", [None, 0.25, 1.5])
    conflict = [lambda call: subject.WriteConflict(str(call), hint)]
    world.fails("commit", 0.65, error=conflict * 6 + [OSError])
    world.fails("rollback", 0.1, error=[*conflict, OSError])

    class Session:
        async def commit(self, document: str) -> object:
            return await world.call("commit", document)

        async def rollback(self) -> None:
            await world.call("rollback")

    documents = subject.Documents(Session())
    documents.attempts = world.choose("attempts", 0, 4)
    retries = world.choose("retries", 0, 4)
    match world.pick("what", ["save", "publish", "archive"]):
        case "save":
            return await documents.save("d-1")
        case "publish":
            return await documents.publish("d-2", retries)
    return await documents.archive("d-3", retries)
