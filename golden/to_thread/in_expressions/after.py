"""Wherever a value can stand."""

from functools import partial

import reactivex as rx

from _operators import in_thread, last_value_from


async def report(store, names, verbose):
    head = f"{await last_value_from(rx.from_callable(store.title).pipe(in_thread()))}: {len(names):>3}"
    rows = [
        await last_value_from(
            rx.from_callable(partial(store.load, name)).pipe(in_thread())
        )
        for name in names
    ]
    best = max(
        await last_value_from(
            rx.from_callable(partial(store.load, "first")).pipe(in_thread())
        ),
        await last_value_from(
            rx.from_callable(partial(store.load, "last")).pipe(in_thread())
        ),
    )
    with await last_value_from(
        rx.from_callable(partial(store.opened, "out")).pipe(in_thread())
    ) as out:
        out.append(head)
        out.extend(
            rows
            if await last_value_from(rx.from_callable(store.is_fresh).pipe(in_thread()))
            else await last_value_from(
                rx.from_callable(partial(store.old_rows, names, limit=3)).pipe(
                    in_thread()
                )
            )
        )
    if verbose and not await last_value_from(
        rx.from_callable(
            partial(store.check, "a rather long name for an entry of the store")
        ).pipe(in_thread())
    ):
        return {"best": best, "checked": False, "entries": (await last_value_from(
            rx.from_callable(partial(store.opened, "out")).pipe(in_thread())
        )).rows}
    return out.rows, await last_value_from(
        rx.from_callable(store.title).pipe(in_thread())
    )


async def lines(store, names):
    async for name in each(names):
        yield await last_value_from(
            rx.from_callable(partial(store.load, name)).pipe(in_thread())
        )


async def each(names):
    for name in names:
        yield name; await last_value_from(
            rx.from_callable(partial(print, end="")).pipe(in_thread())
        )
