import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def detect(file: str) -> str:
        return await world.call("detect", file)

    async def transcribe_one(file: str, language: str) -> str:
        return await world.call("transcribe", file, language)

    class Journal:
        async def save(self, key: str, found: list[str]) -> None:
            await world.call("save", key, found)

    class Anything:
        def __getattr__(self, name: str):
            async def call(*args: object, **kwargs: object) -> object:
                return await world.call(name, *args, **kwargs)

            return call

    files = [f"{number}.wav" for number in range(world.choose("files", 0, 5))]
    exporter = subject.Exporter(Anything(), Anything())
    return await asyncio.gather(
        subject.transcribe(files, detect, transcribe_one, Journal()),
        exporter.export("invoices"),
        return_exceptions=True,
    )
