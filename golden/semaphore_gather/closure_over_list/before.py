"""Thumbnails for a gallery: a few at a time, in the order of the pictures."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

logger = logging.getLogger(__name__)


class ThumbnailService:
    """Asks the image server for small versions of pictures."""

    def __init__(self, render: Callable[[str, int], Awaitable[bytes]], width: int = 320) -> None:
        self._render = render
        self._width = width

    async def thumbnails(self, paths: Sequence[str], *, max_parallel: int = 4) -> list[bytes]:
        """Render all of them; the first failure is the caller's."""
        # The server has few workers.
        semaphore = asyncio.Semaphore(max_parallel)

        async def render_one(path: str) -> bytes:
            """Render one picture."""
            async with semaphore:
                logger.debug("rendering %s", path)
                image = await self._render(path, self._width)
                # An empty body is what the server sends when it gave up.
                if not image:
                    raise ValueError(f"nothing rendered for {path}")
                return image

        return await asyncio.gather(*[render_one(path) for path in paths])
