'''Strings of several lines, in calls that hang from other calls.'''

import asyncio


async def report(run, rows):
    rows.append(
        await asyncio.to_thread(
            run,
            """
            SELECT title
              FROM books
            """,
            limit=3,
        )
    )
    rows.extend(
        [
            await asyncio.wait_for(asyncio.to_thread(run, f"""
                SELECT {rows[0]}
            """), 3),
            *await asyncio.gather(asyncio.to_thread(run, """one
  two"""), asyncio.sleep(0.25, """three
    four""")),
            await asyncio.sleep(0.1, """five
                six"""),
        ]
    )
    return rows
