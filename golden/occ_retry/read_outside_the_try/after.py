"""Only the write may lose a race: the same error from anywhere else is somebody's defect."""

import logging
from typing import Any

from _operators import PENDING, TryAgain, last_value_from, occ_transition

log = logging.getLogger("accounts")


class ConflictError(Exception):
    """Somebody else was faster."""


class LockedConflictError(ConflictError):
    """It will stay like that."""


class Accounts:
    def __init__(self, db: Any, pause: float = 0.05) -> None:
        self.db = db
        self.pause = pause

    async def reset(self, account: str, *, attempts: int = 5) -> dict:
        """Put an account back, unless others keep moving it."""
        last: ConflictError | None = None

        async def transition() -> dict:
            row = await self.db.get(account)
            if row["state"] == "new":
                return row
            try:
                return await self.db.put(account, row)
            except ConflictError as exc:
                raise TryAgain from exc

        def backoff(attempt: int, exc: ConflictError) -> float:
            nonlocal last
            last = exc
            return self.pause * (attempt + 1)

        result = await last_value_from(
            occ_transition(
                transition,
                max_attempts=attempts,
                conflict=TryAgain,
                backoff=backoff,
                exhausted=PENDING,
            )
        )
        if result is not PENDING:
            return result
        assert last is not None
        raise last

    async def deposit(self, account: str, amount: int) -> int:
        async def transition() -> int:
            row = await self.db.get(account)
            try:
                await self.db.put(account, row | {"amount": amount})
            except LockedConflictError:
                raise
            except ConflictError as exc:
                log.warning("deposit of %d: %s", amount, exc)
                raise TryAgain from exc
            else:
                await self.db.note(account, amount)
                return amount

        return await last_value_from(
            occ_transition(
                transition,
                max_attempts=3,
                conflict=TryAgain,
                backoff=lambda *_: self.pause,
            )
        )

    async def withdraw(self, account: str, amount: int, tries: int = 2) -> int:
        async def transition() -> int:
            try:
                row = await self.db.get(account)
                await self.db.put(account, row)
            except ConflictError as exc:
                raise TryAgain from exc
            await self.db.note(account, -amount)
            return row["amount"]

        def backoff(n: int, _: ConflictError) -> float:
            log.debug("withdrawal %d of %d lost", n + 1, tries)
            return 0.5

        return await last_value_from(
            occ_transition(
                transition,
                max_attempts=tries,
                conflict=TryAgain,
                backoff=backoff,
                exhausted=-1,
            )
        )
