from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def ask(what: str, user: int) -> str:
        return await world.call("ask", what, user)

    def render(user: int, *, template: str, language: str) -> str:
        return world.sync_call("render", user, template, language)

    found = await subject.account(ask, 1, with_invoices=world.chance("invoices", 0.5))
    return found, await subject.rendered(render, 1)
