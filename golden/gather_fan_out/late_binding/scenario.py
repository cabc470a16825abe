from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    sent = 0

    async def send(text: object) -> str:
        nonlocal sent
        sent += 1
        number = sent
        await world.call("connect", number)
        words = text() if callable(text) else list(text)
        return await world.call("send", number, words)

    users = [f"u{number}" for number in range(world.choose("users", 0, 4))]
    return [
        await subject.notify(users, send),
        await subject.notify_rightly(users, send),
        await subject.tag(users, send),
        await subject.label(users, send),
        await subject.call_now(users, send),
    ]
