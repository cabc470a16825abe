from _operators import concat_map, forever, last_value_from, pull_from, take_until
from reactivex import operators as ops


async def for_each(items, stop, step):
    await last_value_from(
        pull_from(items).pipe(take_until(stop), concat_map(step), ops.default_if_empty())
    )


async def until_stopped(stop, step):
    await last_value_from(
        forever().pipe(
            take_until(stop), concat_map(lambda _: step("round")), ops.default_if_empty()
        )
    )
