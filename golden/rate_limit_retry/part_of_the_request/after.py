"""Only a part of what is repeated may be throttled."""

import logging

from _operators import PENDING, TryAgain, last_value_from, upload_with_retry

logger = logging.getLogger(__name__)


class TooManyRequests(Exception):
    pass


class Pages:
    def __init__(self, http, tokens) -> None:
        self._http = http
        self._tokens = tokens
        self.seen: list[str] = []

    async def fetch(self, url: str, *, tries: int = 3) -> str:
        async def request(url: str) -> str:
            token = await self._tokens()
            try:
                page = await self._http(url, token)
            except TooManyRequests as exc:
                raise TryAgain from exc
            self.seen.append(url)
            await self._tokens()
            return page

        def backoff(attempt: int, _: TooManyRequests) -> float:
            logger.info("attempt %d of %d: throttled", attempt + 1, tries)
            return 0.5 + attempt

        result = await last_value_from(
            upload_with_retry(
                url,
                request,
                max_attempts=tries,
                retry_on=TryAgain,
                backoff=backoff,
                exhausted=PENDING,
            )
        )
        if result is not PENDING:
            return result
        raise TooManyRequests(url)

    async def exists(self, url: str) -> bool:
        async def request(url: str) -> bool:
            try:
                await self._http(url, "")
            except LookupError:
                return False
            except TooManyRequests as exc:
                raise TryAgain from exc
            else:
                return True

        return await last_value_from(
            upload_with_retry(
                url,
                request,
                max_attempts=2,
                retry_on=TryAgain,
                backoff=lambda *_: 0.25,
                exhausted=False,
            )
        )

    async def download(self, url: str, target: list[str], chunks: int) -> None:
        # Chunks come one after the other.
        for chunk in range(chunks):
            async def request(url: str) -> None:
                target.append(await self._http(url, str(chunk)))

            def backoff(attempt: int, exc: TooManyRequests) -> float:
                # The server forgets after a while.
                if attempt == 2:
                    raise RuntimeError(f"chunk {chunk}") from exc
                return 2.0  # be patient

            await last_value_from(
                upload_with_retry(
                    url,
                    request,
                    max_attempts=3,
                    retry_on=TooManyRequests,
                    backoff=backoff,
                    exhausted=None,
                )
            )
