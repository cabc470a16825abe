"""An index is built in three passes; each feeds the next."""

from collections.abc import Awaitable, Callable, Iterable

import reactivex as rx
from reactivex import operators as ops

from _operators import concat_map, flat_map, from_async, last_value_from

Fetch = Callable[[str], Awaitable[list[str]]]


async def build_index(roots: Iterable[str], fetch: Fetch, limit: int) -> dict[str, int]:
    pass1_source = rx.from_iterable(roots).pipe(flat_map(fetch), ops.to_list())

    def run_pass2(pass1):
        links = sorted({link for page in pass1 for link in page})

        return rx.from_iterable(links[:limit]).pipe(flat_map(fetch), ops.to_list())

    def run_pass3(pass2):
        words = [word for page in pass2 for word in page]

        return from_async(count, words, fetch)

    pass3 = await last_value_from(
        pass1_source.pipe(concat_map(run_pass2), concat_map(run_pass3))
    )
    return dict(sorted(pass3.items()))


async def crawl_deeper(root: str, fetch: Fetch) -> list[str]:
    """The second pass is needed once more at the end."""
    pass_1_source = from_async(fetch, root)

    def run_pass_2(pass_1):
        pass_2_source = from_async(fetch, pass_1[0])

        async def run_pass_3(pass_2):
            pass_3 = await fetch(pass_2[-1])
            return rx.of(pass_1 + pass_2 + pass_3)

        return pass_2_source.pipe(concat_map(run_pass_3))

    return await last_value_from(pass_1_source.pipe(concat_map(run_pass_2)))


async def count(words: list[str], fetch: Fetch) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + len(await fetch(word))
    return counts
