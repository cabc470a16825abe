"""Wherever a list of results can stand."""

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, fork_join, last_value_from


async def report(ask, names):
    best = max(await last_value_from(fork_join(ask("one"), ask("two"))))
    rows = [
        each
        for each in await last_value_from(
            fork_join(
                ask("a rather long name of a row"), ask("another long name of a row")
            )
        )
        if each
    ]
    total = sum(
        await last_value_from(fork_join(ask("left"), ask("right")))
    ) + len(
        await last_value_from(
            rx.from_iterable(names).pipe(flat_map(ask), ops.to_list())
        )
    )
    if any(
        await last_value_from(fork_join(ask("any"), ask("other")))
    ) and not all(
        await last_value_from(fork_join(ask("all")))
    ):
        rows += await last_value_from(fork_join(ask("more"), ask("and more")))
    for each, other in zip(
        rows, await last_value_from(fork_join(ask("zip"), ask("zipped")))
    ):
        total += each - other
    return dict(
        zip(("x", "y"), await last_value_from(fork_join(ask("x"), ask("y"))))
    ), (await last_value_from(
        fork_join(ask("z"), ask("zz"))
    ))[0], best, total, f"{await last_value_from(fork_join(ask('f'), ask('g')))}"
