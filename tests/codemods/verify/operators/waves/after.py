from _operators import concat_map, do_action, from_async, last_value_from


async def extract(first, save, second):
    return await last_value_from(from_async(first).pipe(do_action(save), concat_map(second)))
