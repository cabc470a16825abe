from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def smtp(verb: str, to: str) -> str:
        return await world.call("smtp", verb, to)

    mailer = subject.Mailer(smtp)
    recipients = [f"a{number}@example.org" for number in range(world.choose("mails", 0, 7))]
    return await mailer.send_all(recipients), await mailer.verify_all(recipients)
