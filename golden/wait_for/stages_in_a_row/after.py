"""Limits of other primitives: one pipeline each."""

from functools import partial

import reactivex as rx
from reactivex import operators as ops

from _operators import (
    flat_map,
    from_async,
    from_awaitable,
    in_executor,
    in_thread,
    last_value_from,
    timeout,
)


async def digest(path, read, limit):
    return await last_value_from(
        rx.from_callable(partial(read, path)).pipe(in_thread(), timeout(limit))
    )


async def digest_without_context(path, read):
    return await last_value_from(
        rx.from_callable(partial(read, path)).pipe(in_executor(), timeout(0.4))
    )


async def ask_twice(ask, outer, inner):
    return await last_value_from(
        from_awaitable(ask("twice")).pipe(timeout(inner), timeout(outer))
    )


async def digest_all(paths, read):
    return await last_value_from(
        rx.from_iterable(paths).pipe(
            flat_map(
                lambda path: rx.from_callable(partial(read, path)).pipe(
                    in_thread(), timeout(0.7)
                ),
                return_exceptions=True,
            ),
            ops.to_list(),
        )
    )


async def ask_all(names, ask):
    return await last_value_from(
        rx.from_iterable(names).pipe(
            flat_map(lambda name: from_async(ask, name).pipe(timeout(0.5))),
            ops.to_list(),
        )
    )
