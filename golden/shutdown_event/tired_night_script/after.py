# nightly sync. works, don't touch unless it breaks
import asyncio, logging, random, signal

import reactivex as rx
from reactivex import operators as ops

from _operators import (
    EventSubject,
    concat_map,
    flat_map,
    forever,
    fork_join,
    from_async,
    last_value_from,
    poll,
    pull_from,
    take_until,
    timeout,
)

log = logging.getLogger("nightly")
STOP = EventSubject()   # set by the handlers below
drained = EventSubject()
stats = {}


class Mirror:
    def __init__(self, api, width=3, pause=.4):
        self.api, self.width, self.pause = api, width, pause
        self.stop, self._kick = EventSubject(), EventSubject()
        self._closing = EventSubject()
        self.seen = 0
        self.failed = []

    async def sync(self, shelves):
        max_concurrent = self.width
        total = 0; status = None
        for shelf in shelves:
            if STOP.is_set(): break
            # every book of the shelf, a few at a time
            async def one(book):
                return await self.api("copy", shelf, book)
            books = range(2)
            results = await last_value_from(
                rx.from_iterable(books).pipe(
                    flat_map(
                        one, max_concurrent=max_concurrent, return_exceptions=True
                    ),
                    ops.to_list(),
                )
            )
            good = [r for r in results if not isinstance(r, Exception)]
            if not good:
                self.failed.append(shelf)
                continue
            total += len(good)
        return total

    async def settle(self, shelves):
        total = 0

        async def each_shelf(shelf):
            nonlocal total
            tries = 0

            async def check(_):
                nonlocal tries
                status = await self.api("status", shelf, tries)
                if status != "busy" or tries > 2: return False
                tries += 1
                return True

            await last_value_from(
                rx.defer(lambda _: rx.interval(self.pause)).pipe(
                    poll(check),
                    ops.take_while(lambda pending: pending, inclusive=True),
                    ops.last(),
                )
            )
            total += tries
            try:
                await last_value_from(
                    from_async(self.api, "seal", shelf).pipe(timeout(1.5))
                )
            except asyncio.TimeoutError:
                self.failed.append(("seal", shelf))

        await last_value_from(
            pull_from(shelves).pipe(
                take_until(self._closing),
                concat_map(each_shelf),
                ops.default_if_empty(),
            )
        )
        return total

    async def beat(self):
        misses, last = 0, None

        async def one_round(_):
            nonlocal last, misses
            try:
                last = await self.api("beat", misses)
                misses = 0
            except OSError:
                misses += 1
                if misses > 3: raise
            else:
                self.seen += 1
            for _ in range(2):
                if self._closing.is_set(): break
                await last_value_from(rx.timer(self.pause / 2 + random.random() / 100))

        await last_value_from(
            forever().pipe(
                take_until(self._closing), concat_map(one_round), ops.default_if_empty()
            )
        )
        return last, misses

    async def drain(self):
        async def one_round(_):
            await self._kick.wait()
            self._kick.clear()
            await self.api("drain")

        await last_value_from(
            forever().pipe(
                take_until(self._closing), concat_map(one_round), ops.default_if_empty()
            )
        )
        log.info("drained, %d seen", self.seen)
        drained.set()

    def kick(self): self._kick.set()
    def close(self):
        self._closing.set(); self._kick.set()


def install(loop, mirror):
    for s in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(s, STOP.set)


async def night(api, shelves):
    m = Mirror(api)
    done = EventSubject()
    loop = asyncio.get_running_loop()
    async def ticker():
        async def one_round(_):
            m.kick()
            await last_value_from(rx.timer(.7))

        await last_value_from(
            forever().pipe(
                take_until(done), concat_map(one_round), ops.default_if_empty()
            )
        )
    t = asyncio.ensure_future(ticker())
    d = asyncio.ensure_future(m.drain())
    try:
        copied = await m.sync(shelves)
        beat = asyncio.ensure_future(m.beat())
        waits = await m.settle(shelves)
        m.close()
        stats["beat"] = await beat
        try: await last_value_from(from_async(drained.wait).pipe(timeout(5)))
        except asyncio.TimeoutError: log.warning("not drained")
    finally:
        done.set(); m.close()
        await last_value_from(fork_join(t, d, return_exceptions=True))
    return copied, waits, m.seen, m.failed
