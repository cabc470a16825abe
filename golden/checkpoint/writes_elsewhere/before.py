"""Writes that are no checkpoints: behind the last wave, in a branch, with a result, not awaited."""


async def deploy(client, store, hosts, *, keep_log=False):
    stage_1 = await client.prepare(hosts)
    store.save_locally(stage_1)
    if keep_log:
        await store.save_log(stage_1)
    receipt = await store.save_receipt(stage_1)
    store.record(receipt)
    stage_2 = await client.activate(stage_1)
    await store.save_state(stage_2)
    return receipt


async def deploy_twice(client, store, hosts):
    """No chain at all: the second stage starts from the hosts again."""
    stage_1 = await client.prepare(hosts)
    await store.save_state(stage_1)
    stage_2 = await client.activate(hosts)
    return stage_1, stage_2
