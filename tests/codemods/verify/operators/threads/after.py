from functools import partial

import reactivex as rx
from _operators import in_executor, in_thread, last_value_from
from reactivex import operators as ops


async def digest(function, item):
    return await last_value_from(rx.from_callable(partial(function, item)).pipe(in_thread()))


async def digest_in_a_chain(function, item):
    # What a stock operator stands behind has to be subscribed to.
    job = rx.from_callable(partial(function, item))
    return await last_value_from(job.pipe(in_thread(), ops.last()))


async def digest_without_context(function, item):
    return await last_value_from(rx.from_callable(partial(function, item)).pipe(in_executor()))
