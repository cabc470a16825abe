"""The loop goes on over what its own tasks find meanwhile: no pipeline over a fixed list."""

import asyncio
from collections.abc import Awaitable, Callable

Visit = Callable[[str], Awaitable[list[str]]]


class Spider:
    def __init__(self, visit: Visit, pause: float = 0.5) -> None:
        self._visit = visit
        self._pause = pause
        self.pages: dict[str, int] = {}

    async def crawl(self, frontier: list[str], limit: int) -> list[int]:
        async def visit(url: str) -> int:
            links = await self._visit(url)
            if len(frontier) < limit:
                frontier.extend(links)
            self.pages[url] = len(links)
            return len(links)

        tasks = []
        for i, url in enumerate(frontier):
            if i > 0:
                await asyncio.sleep(self._pause)
            tasks.append(asyncio.create_task(visit(url)))
        return await asyncio.gather(*tasks)
