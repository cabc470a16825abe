"""Wrong: ``retry`` subscribes again to what lies upstream, and knows no pause."""

from _operators import concat_map, from_async, last_value_from
from reactivex import operators as ops


async def store(read, write, attempts):
    return await last_value_from(from_async(read).pipe(concat_map(write), ops.retry(attempts)))
