"""What the cheap wave found is written down before the expensive one starts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import reactivex as rx
from reactivex import operators as ops

from _operators import concat_map, do_action, flat_map, from_async, last_value_from


class Journal(Protocol):
    async def save(self, key: str, found: list[str]) -> None: ...


async def transcribe(
    files: Sequence[str],
    detect: Callable[[str], Awaitable[str]],
    transcribe_one: Callable[[str, str], Awaitable[str]],
    journal: Journal,
) -> list[str]:
    wave1 = rx.from_iterable(files).pipe(flat_map(detect), ops.to_list())

    async def save(wave1_languages):
        await journal.save("languages", wave1_languages)

    def wave2(wave1_languages):
        return rx.from_iterable(zip(files, wave1_languages)).pipe(
            flat_map(lambda pair: transcribe_one(*pair)), ops.to_list()
        )

    wave2_texts = await last_value_from(wave1.pipe(do_action(save), concat_map(wave2)))
    await journal.save("texts", wave2_texts)
    return wave2_texts


class Exporter:
    def __init__(self, client, store):
        self.client = client
        self.store = store

    async def export(self, query):
        stage2 = await last_value_from(
            from_async(self.client.search, query).pipe(
                do_action(lambda stage1: self.store.persist(stage1)),
                concat_map(
                    lambda stage1: from_async(self.client.download, stage1, query=query)
                ),
            )
        )
        return stage2
