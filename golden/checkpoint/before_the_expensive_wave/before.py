"""What the cheap wave found is written down before the expensive one starts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol


class Journal(Protocol):
    async def save(self, key: str, found: list[str]) -> None: ...


async def transcribe(
    files: Sequence[str],
    detect: Callable[[str], Awaitable[str]],
    transcribe_one: Callable[[str, str], Awaitable[str]],
    journal: Journal,
) -> list[str]:
    wave1_languages = await asyncio.gather(*[detect(file) for file in files])
    await journal.save("languages", wave1_languages)
    wave2_texts = await asyncio.gather(
        *[transcribe_one(file, language) for file, language in zip(files, wave1_languages)]
    )
    await journal.save("texts", wave2_texts)
    return wave2_texts


class Exporter:
    def __init__(self, client, store):
        self.client = client
        self.store = store

    async def export(self, query):
        stage1 = await self.client.search(query)
        await self.store.persist(stage1)
        stage2 = await self.client.download(stage1, query=query)
        return stage2
