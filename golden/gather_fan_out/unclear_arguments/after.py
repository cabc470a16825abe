"""What is passed beside the awaitables is not plain to see."""

import asyncio


async def with_options(names, call, **options):
    return await asyncio.gather(*[call(name) for name in names], **options)


async def with_a_loop(names, call, loop):
    # Gone since Python 3.10: a TypeError.
    return await asyncio.gather(*[call(name) for name in names], loop=loop)


async def with_a_question(names, call, settings):
    return await asyncio.gather(
        *[call(name) for name in names], return_exceptions=settings.get("lenient", ask())
    )


async def with_an_attribute(names, call, settings):
    # ``call`` may change it.
    return await asyncio.gather(
        *[call(name) for name in names], return_exceptions=settings.is_lenient
    )


def ask():
    return input("Lenient? ") == "y"
