"""Awaitables over several lines."""

import asyncio

import reactivex as rx

from _operators import fork_join, in_executor, last_value_from


async def account(ask, user, *, with_invoices: bool):
    profile, invoices = await last_value_from(
        fork_join(
            ask("profile", user),
            ask("invoices of this year and of the years before", user)
            if with_invoices and user is not None
            else asyncio.sleep(0.5, result=()),
        )
    )
    return profile, invoices


async def rendered(render, user):
    return await last_value_from(
        rx.from_callable(
            lambda: render(
                user,
                template="a template with a rather long name",
                language="the language of the user",
            )
        ).pipe(in_executor())
    )
