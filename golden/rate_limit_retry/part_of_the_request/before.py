"""Only a part of what is repeated may be throttled."""

import asyncio
import logging

logger = logging.getLogger(__name__)


class TooManyRequests(Exception):
    pass


class Pages:
    def __init__(self, http, tokens) -> None:
        self._http = http
        self._tokens = tokens
        self.seen: list[str] = []

    async def fetch(self, url: str, *, tries: int = 3) -> str:
        for attempt in range(tries):
            token = await self._tokens()
            try:
                page = await self._http(url, token)
            except TooManyRequests:
                logger.info("attempt %d of %d: throttled", attempt + 1, tries)
                await asyncio.sleep(0.5 + attempt)
                continue
            self.seen.append(url)
            await self._tokens()
            return page
        raise TooManyRequests(url)

    async def exists(self, url: str) -> bool:
        for _ in range(2):
            try:
                await self._http(url, "")
            except LookupError:
                return False
            except TooManyRequests:
                await asyncio.sleep(0.25)
            else:
                return True
        return False

    async def download(self, url: str, target: list[str], chunks: int) -> None:
        # Chunks come one after the other.
        for chunk in range(chunks):
            for attempt in range(3):
                try:
                    target.append(await self._http(url, str(chunk)))
                    break
                except TooManyRequests as exc:
                    # The server forgets after a while.
                    if attempt == 2:
                        raise RuntimeError(f"chunk {chunk}") from exc
                    await asyncio.sleep(2.0)  # be patient
