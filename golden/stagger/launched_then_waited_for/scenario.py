from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def ping(host: str) -> float:
        return len(await world.call("ping", host))

    hosts = [f"host {n}" for n in range(world.choose("hosts", 0, 6))]
    probed = await subject.probe(hosts, ping)
    return sorted(probed), await subject.first_answer([f"other {host}" for host in hosts], ping)
