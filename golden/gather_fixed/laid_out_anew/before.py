"""Awaitables over several lines."""

import asyncio


async def account(ask, user, *, with_invoices: bool):
    profile, invoices = await asyncio.gather(
        ask("profile", user),
        ask("invoices of this year and of the years before", user)
        if with_invoices and user is not None
        else asyncio.sleep(0.5, result=()),
    )
    return profile, invoices


async def rendered(render, user):
    return await asyncio.get_running_loop().run_in_executor(
        None,
        lambda: render(
            user,
            template="a template with a rather long name",
            language="the language of the user",
        ),
    )
