"""The limit drops between batches, when nobody holds a permit, and rises again."""

import logging
from collections.abc import Awaitable, Callable

import reactivex as rx
from reactivex import operators as ops
from reactivex.subject import BehaviorSubject

from _operators import dynamic_semaphore, flat_map, last_value_from

logger = logging.getLogger(__name__)


class Uploader:
    def __init__(self, upload: Callable[[str], Awaitable[str]], concurrency: int = 4) -> None:
        self._upload = upload
        self._concurrency = concurrency
        # As many as the store can take.
        self._upload_limit = BehaviorSubject(concurrency)
        self._upload_semaphore = dynamic_semaphore(self._upload_limit)  # see _narrow
        self._poll_semaphore = dynamic_semaphore(2)

    async def run(self, batches: list[list[str]]) -> list[str]:
        done: list[str] = []
        for batch in batches:
            results = await last_value_from(
                rx.from_iterable(batch).pipe(
                    flat_map(self._one, return_exceptions=True), ops.to_list()
                )
            )
            failed = [each for each in results if isinstance(each, BaseException)]
            done += [each for each in results if isinstance(each, str)]
            if failed:
                self._narrow(len(failed))
            else:
                self._widen()
        return done

    async def _one(self, name: str) -> str:
        async with self._upload_semaphore:
            result = await self._upload(name)
        async with self._poll_semaphore:
            return await self._upload(result)

    def _narrow(self, failures: int) -> None:
        logger.warning("%d failed, going on with less", failures)
        # Between batches nobody holds a permit.
        self._upload_limit.on_next(max(1, self._concurrency - failures))

    def _widen(self) -> None:
        if not self._upload_semaphore.locked():
            self._upload_limit.on_next(self._concurrency)
