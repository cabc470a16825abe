'''Strings of several lines, in calls that hang from other calls.'''

import asyncio
from functools import partial

import reactivex as rx
from reactivex import operators as ops

from _operators import fork_join, in_thread, last_value_from, timeout


async def report(run, rows):
    rows.append(
        await last_value_from(
            rx.from_callable(
                partial(
                    run,
                    """
            SELECT title
              FROM books
            """,
                    limit=3,
                )
            ).pipe(in_thread())
        )
    )
    rows.extend(
        [
            await last_value_from(
                rx.from_callable(
                    partial(
                        run,
                        f"""
                SELECT {rows[0]}
            """,
                    )
                ).pipe(in_thread(), timeout(3))
            ),
            *await last_value_from(
                fork_join(
                    rx.from_callable(
                        partial(
                            run,
                            """one
  two""",
                        )
                    ).pipe(in_thread()),
                    asyncio.sleep(
                        0.25,
                        """three
    four""",
                    ),
                )
            ),
            await last_value_from(
                rx.timer(0.1).pipe(
                    ops.map(
                        lambda _: """five
                six"""
                    )
                )
            ),
        ]
    )
    return rows
