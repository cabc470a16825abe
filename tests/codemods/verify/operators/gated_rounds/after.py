from _operators import concat_map, last_value_from, pull, rounds, take_until
from reactivex import operators as ops


async def for_each(items, stop, step):
    await last_value_from(
        pull(items).pipe(take_until(stop), concat_map(step), ops.default_if_empty())
    )


async def until_stopped(stop, step):
    await last_value_from(
        rounds().pipe(take_until(stop), concat_map(lambda _: step("round")), ops.default_if_empty())
    )
