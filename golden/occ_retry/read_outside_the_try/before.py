"""Only the write may lose a race: the same error from anywhere else is somebody's defect."""

import asyncio
import logging
from typing import Any

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
        for attempt in range(attempts):
            row = await self.db.get(account)
            if row["state"] == "new":
                return row
            try:
                return await self.db.put(account, row)
            except ConflictError as exc:
                last = exc
                await asyncio.sleep(self.pause * (attempt + 1))
        assert last is not None
        raise last

    async def deposit(self, account: str, amount: int) -> int:
        for attempt in range(3):
            row = await self.db.get(account)
            try:
                await self.db.put(account, row | {"amount": amount})
            except LockedConflictError:
                raise
            except ConflictError as exc:
                log.warning("deposit of %d: %s", amount, exc)
                if attempt == 2:
                    raise
                await asyncio.sleep(self.pause)
            else:
                await self.db.note(account, amount)
                return amount
        return 0

    async def withdraw(self, account: str, amount: int, tries: int = 2) -> int:
        for n in range(tries):
            try:
                row = await self.db.get(account)
                await self.db.put(account, row)
            except ConflictError:
                log.debug("withdrawal %d of %d lost", n + 1, tries)
                await asyncio.sleep(0.5)
                continue
            await self.db.note(account, -amount)
            return row["amount"]
        return -1
