from _operators import last_value_from, occ_transition


class ConflictError(Exception):
    pass


async def move(read, write, attempts, base, cap):
    async def transition():
        return await write(await read())

    return await last_value_from(
        occ_transition(transition, attempts, base, cap=cap, conflict=ConflictError)
    )


async def move_whatever_it_takes(read, write, base, cap):
    async def transition():
        return await write(await read())

    return await last_value_from(
        occ_transition(
            transition, None, conflict=ConflictError, backoff=lambda n, _: min(base * 2**n, cap)
        )
    )
