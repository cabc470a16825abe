"""The chain is left as it is, and so is the write in it."""


async def import_all(client, store, batches):
    for batch in batches:
        wave1_ids = await client.insert(batch)
        await store.save_ids(batch, wave1_ids)
        wave2_links = await client.link(wave1_ids)
        if not wave2_links:
            break


async def import_one(client, store, batch):
    try:
        wave1_ids = await client.insert(batch)
        await store.save_ids(batch, wave1_ids)
    except ValueError:
        return None
    wave2_links = await client.link(wave1_ids)
    return wave2_links
