"""The handler does some work before it waits."""

import logging
from typing import Protocol

from _operators import TryAgain, last_value_from, occ_transition

logger = logging.getLogger(__name__)


class WriteConflict(Exception):
    def __init__(self, document: str, hint: float | None = None) -> None:
        super().__init__(document)
        self.hint = hint


class Session(Protocol):
    async def commit(self, document: str) -> int: ...

    async def rollback(self) -> None: ...


class Documents:
    attempts = 4

    def __init__(self, session: Session) -> None:
        self.session = session

    async def save(self, document: str) -> int:
        attempt = -1

        async def transition() -> int:
            nonlocal attempt
            attempt += 1
            try:
                return await self.session.commit(document)
            except WriteConflict as conflict:
                await self.session.rollback()
                if attempt == self.attempts - 1:
                    logger.exception("%s: giving up", document)
                    raise
                raise TryAgain from conflict

        if self.attempts > 0:
            return await last_value_from(
                occ_transition(
                    transition,
                    max_attempts=self.attempts,
                    conflict=TryAgain,
                    backoff=lambda *_: 0.1 * 2**attempt,
                )
            )
        raise RuntimeError("no attempts")

    async def publish(self, document: str, retries: int) -> int:
        async def backoff(_: int, conflict: WriteConflict) -> float:
            await self.session.rollback()
            if conflict.hint is not None:
                return conflict.hint
            else:
                return 0.5

        return await last_value_from(
            occ_transition(
                lambda: self.session.commit(document),
                max_attempts=retries,
                conflict=WriteConflict,
                backoff=backoff,
                exhausted=-1,
            )
        )

    async def archive(self, document: str, retries: int) -> int | None:
        attempt = 0

        async def transition() -> int | None:
            nonlocal attempt
            attempt += 1
            try:
                return await self.session.commit(document)
            except WriteConflict:
                logger.exception("attempt %d", attempt)
                raise

        def backoff(_: int, conflict: WriteConflict) -> float:
            if attempt == retries or conflict.hint == 0.25:
                raise conflict
            return 0.1

        return await last_value_from(
            occ_transition(
                transition,
                max_attempts=retries,
                conflict=WriteConflict,
                backoff=backoff,
                exhausted=None,
            )
        )
