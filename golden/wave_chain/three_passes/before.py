"""An index is built in three passes; each feeds the next."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

Fetch = Callable[[str], Awaitable[list[str]]]


async def build_index(roots: Iterable[str], fetch: Fetch, limit: int) -> dict[str, int]:
    pass1 = await asyncio.gather(*(fetch(root) for root in roots))
    links = sorted({link for page in pass1 for link in page})

    pass2 = await asyncio.gather(*(fetch(link) for link in links[:limit]))
    words = [word for page in pass2 for word in page]

    pass3 = await count(words, fetch)
    return dict(sorted(pass3.items()))


async def crawl_deeper(root: str, fetch: Fetch) -> list[str]:
    """The second pass is needed once more at the end."""
    pass_1 = await fetch(root)
    pass_2 = await fetch(pass_1[0])
    pass_3 = await fetch(pass_2[-1])
    return pass_1 + pass_2 + pass_3


async def count(words: list[str], fetch: Fetch) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + len(await fetch(word))
    return counts
