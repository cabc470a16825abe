"""Many jobs in threads at once; the executor's size is the limit."""

import asyncio
import functools

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, in_executor, in_thread, last_value_from


async def digest_all(paths, digest):
    return await last_value_from(
        rx.from_iterable(paths).pipe(
            flat_map(
                lambda path: rx.from_callable(functools.partial(digest, path)).pipe(
                    in_thread()
                )
            ),
            ops.to_list(),
        )
    )


async def digest_strictly(paths, digest):
    return await last_value_from(
        rx.from_iterable(paths).pipe(
            flat_map(
                lambda path: rx.from_callable(
                    functools.partial(digest, path, strict=True)
                ).pipe(in_executor()),
                return_exceptions=True,
            ),
            ops.to_list(),
        )
    )


async def run_all(jobs):
    await last_value_from(
        rx.from_iterable(jobs).pipe(
            flat_map(lambda job: rx.from_callable(job).pipe(in_thread())), ops.to_list()
        )
    )
    return await last_value_from(
        rx.from_iterable(jobs).pipe(flat_map(asyncio.to_thread), ops.to_list())
    )


async def digest_by_tasks(paths, digest):
    tasks = [
        asyncio.create_task(
            last_value_from(
                rx.from_callable(functools.partial(digest, path)).pipe(in_thread())
            )
        )
        for path in paths
    ]
    await asyncio.sleep(0)
    return await last_value_from(
        rx.from_iterable(tasks).pipe(flat_map(lambda task: task), ops.to_list())
    )
