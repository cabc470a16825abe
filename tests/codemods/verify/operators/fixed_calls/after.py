import reactivex as rx
from _operators import fork_join, from_async, last_value_from
from reactivex import operators as ops


async def page(user, orders, prices):
    return await last_value_from(fork_join(user, orders, prices))


async def page_in_a_chain(user, orders, prices):
    # What a stock operator stands behind has to be subscribed to.
    return await last_value_from(fork_join(user, orders, prices).pipe(ops.map(list)))


async def page_in_place(user, orders, prices):
    # A coroutine, an observable with one call, a longer one: all of them are sources.
    sources = user(), from_async(orders), rx.defer(lambda _: from_async(prices))
    return await last_value_from(fork_join(*sources, return_exceptions=True))


async def page_in_place_in_a_chain(user, orders, prices):
    sources = user(), from_async(orders), rx.defer(lambda _: from_async(prices))
    return await last_value_from(fork_join(*sources, return_exceptions=True).pipe(ops.map(list)))
