"""Nobody can tell from the source how it is gathered."""

import asyncio


async def run(first, second, options, loop):
    await asyncio.gather(first(), second(), **options)
    await asyncio.gather(first(), second(), loop=loop)
    return f"""
        {
        await asyncio.gather(
            first('''
            1
        '''),
            second(),
        )
    }
    """
