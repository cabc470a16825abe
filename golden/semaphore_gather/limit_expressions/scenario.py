from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def store(verb: str, document: str) -> str:
        return await world.call("store", verb, document)

    documents = [f"d{number}" for number in range(world.choose("documents", 0, 6))]
    indexer = subject.Indexer(store, world.choose("workers", 0, 4))
    indexed = await indexer.index(documents)
    again = await indexer.reindex(documents[::-1])
    await indexer.drop(documents)
    await indexer.touch(documents, world.pick("limit", [1, 2, None]))
    return indexed, again, indexer.workers
