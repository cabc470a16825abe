from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def ask(device: str) -> float:
        return len(await world.call("ask", device))

    async def wake(device: str) -> float:
        return len(await world.call("wake", device))

    devices = tuple(f"device {n}" for n in range(world.choose("devices", 0, 8)))
    woken = await subject.wake_devices(devices, wake)
    return woken, await subject.poll_devices(devices, ask)
