# nightly sync. works, don't touch unless it breaks
import asyncio, logging, random, signal
from asyncio import Event, sleep

log = logging.getLogger("nightly")
STOP = asyncio.Event()   # set by the handlers below
drained = Event()
stats = {}


class Mirror:
    def __init__(self, api, width=3, pause=.4):
        self.api, self.width, self.pause = api, width, pause
        self.stop, self._kick = Event(), asyncio.Event()
        self._closing = asyncio.Event()
        self.seen = 0
        self.failed = []

    async def sync(self, shelves):
        sem = asyncio.Semaphore(self.width)
        total = 0; status = None
        for shelf in shelves:
            if STOP.is_set(): break
            # every book of the shelf, a few at a time
            async def one(book):
                async with sem:
                    return await self.api("copy", shelf, book)
            books = range(2)
            results = await asyncio.gather(*[one(book) for book in books], return_exceptions=True)
            good = [r for r in results if not isinstance(r, Exception)]
            if not good:
                self.failed.append(shelf)
                continue
            total += len(good)
        return total

    async def settle(self, shelves):
        total = 0
        for shelf in shelves:
            if self._closing.is_set():
                break
            tries = 0
            while True:
                status = await self.api("status", shelf, tries)
                if status != "busy" or tries > 2: break
                tries += 1
                await sleep(self.pause)
            total += tries
            try:
                await asyncio.wait_for(self.api("seal", shelf), 1.5)
            except asyncio.TimeoutError:
                self.failed.append(("seal", shelf))
        return total

    async def beat(self):
        misses, last = 0, None
        while not self._closing.is_set():
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
                await asyncio.sleep(self.pause / 2 + random.random() / 100)
        return last, misses

    async def drain(self):
        while True:
            if self._closing.is_set():
                log.info("drained, %d seen", self.seen)
                drained.set()
                break
            await self._kick.wait()
            self._kick.clear()
            await self.api("drain")

    def kick(self): self._kick.set()
    def close(self):
        self._closing.set(); self._kick.set()


def install(loop, mirror):
    for s in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(s, STOP.set)


async def night(api, shelves):
    m = Mirror(api)
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    async def ticker():
        while not done.is_set():
            m.kick()
            await sleep(.7)
    t = asyncio.ensure_future(ticker())
    d = asyncio.ensure_future(m.drain())
    try:
        copied = await m.sync(shelves)
        beat = asyncio.ensure_future(m.beat())
        waits = await m.settle(shelves)
        m.close()
        stats["beat"] = await beat
        try: await asyncio.wait_for(drained.wait(), timeout=5)
        except asyncio.TimeoutError: log.warning("not drained")
    finally:
        done.set(); m.close()
        await asyncio.gather(t, d, return_exceptions=True)
    return copied, waits, m.seen, m.failed
