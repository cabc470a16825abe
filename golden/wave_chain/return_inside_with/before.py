"""An early return in a block, behind which the function goes on."""


async def publish(client, rows, *, dry_run):
    found = []
    if not dry_run:
        async with client.session() as session:
            stage_1 = await session.insert(rows)
            if not stage_1:
                return found
            stage_2 = await session.check(stage_1)
            found.extend(stage_2)
    await client.audit(found)
    return found


async def ends_in_one_branch(client, rows):
    for_sure = True
    with client.timer():
        stage_1 = await client.insert(rows)
        if stage_1 is None:
            return None
        stage_2 = await client.check(stage_1)
        if stage_2:
            return stage_2
    return for_sure
