from functools import partial

import reactivex as rx
from _operators import in_executor, in_thread, last_value_from


async def digest(function, item):
    return await last_value_from(rx.from_callable(partial(function, item)).pipe(in_thread()))


async def digest_without_context(function, item):
    return await last_value_from(rx.from_callable(partial(function, item)).pipe(in_executor()))
