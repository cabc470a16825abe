from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def send(device: str, text: str, urgent: bool) -> str:
        return await world.call("send", device, text, urgent)

    count = world.choose("devices", 0, 8)
    devices = [f"phone {number}{' off' if number % 3 == 1 else ''}" for number in range(count)]
    at_once = world.choose("limit", 1, 4)
    report = await subject.push(devices, "hello", send, at_once=at_once)
    again = await subject.resend(devices, send, at_once)
    return report, again
