import asyncio


async def page(user, orders, prices):
    return await asyncio.gather(user(), orders(), prices())


async def page_in_a_chain(user, orders, prices):
    return await asyncio.gather(user(), orders(), prices())


async def page_in_place(user, orders, prices):
    return await asyncio.gather(user(), orders(), prices(), return_exceptions=True)


async def page_in_place_in_a_chain(user, orders, prices):
    return await asyncio.gather(user(), orders(), prices(), return_exceptions=True)
