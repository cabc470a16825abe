# podcast ingest worker -- 3am edition
# TODO clean this up, it works, dont ask
import asyncio, logging, random, time
import functools
from asyncio import Semaphore, gather as together
from typing import Any, Optional

import tenacity
from aiolimiter import AsyncLimiter
from tenacity import AsyncRetrying, TryAgain, retry, stop_after_attempt, wait_fixed
from tenacity.wait import wait_exponential

log = logging.getLogger("ingest")

MAX_DL = 3
FEED_LIMIT = AsyncLimiter(4, 2)   # feeds.example told us off twice


class Conflict(Exception):
    pass


class RateLimitError(Exception):
    def __init__(self, retry_after=None):
        super().__init__("slow down")
        self.retry_after = retry_after


class Ingest:
    def __init__(self, api, store, *, workers=2, poll=0.7, beat=1.3):
        self.api, self.store = api, store
        self.sem = asyncio.Semaphore(workers)
        self.stop = asyncio.Event()
        self._ready: Optional[asyncio.Event] = None
        self.poll = poll
        self.beat = beat
        self.beats = 0
        self.done = []

    # ---- feeds

    async def feed(self, url):
        async with FEED_LIMIT:
            return await self.api.get(url)

    async def feeds(self, urls):
        res = await asyncio.gather(*[self.feed(u) for u in urls], return_exceptions=True)
        good = {}
        for u, r in zip(urls, res):
            if isinstance(r, Exception):
                log.warning("feed %s: %r", u, r)
                continue
            good[u] = r
        return good

    async def download_all(self, eps):
        sem = Semaphore(MAX_DL)

        async def one(ep):
            async with sem:
                return await self.api.download(ep)  # big

        return await together(*(one(e) for e in eps))

    async def transcode(self, ep):
        # ffmpeg eats cores, keep it away from the loop
        async with self.sem:
            meta = await asyncio.to_thread(self.store.probe, ep, fast=True)
            loop = asyncio.get_running_loop()
            size = await loop.run_in_executor(None, self.store.size, ep)
        return meta, size

    async def transcode_many(self, eps):
        tasks = []
        for i, ep in enumerate(eps):
            if i > 0:
                await asyncio.sleep(0.25)  # dont start all at once
            tasks.append(asyncio.create_task(self.transcode(ep)))
        return await asyncio.gather(*tasks, return_exceptions=True)

    async def both(self, ep):
        head, tags = await asyncio.gather(self.api.head(ep), self.api.tags(ep))
        return {"head": head, **tags} if isinstance(tags, dict) else (head, tags)

    # ---- remote job

    async def wait_job(self, job, timeout=9):
        waited, step = 0, self.poll
        while waited < timeout:
            st = await self.api.status(job)
            if st == "done":
                return await self.api.fetch(job)
            if st == "failed":
                raise RuntimeError(f"job {job} failed")
            await asyncio.sleep(step)
            waited += step
            step = min(step * 1.5, 3)
        raise TimeoutError(f"{job} took more than {timeout}s")

    async def until_quiet(self):
        while True:
            n = await self.api.queue()
            log.debug("queue %s", n)
            if not n:
                break
            await asyncio.sleep(self.poll)

    async def head_or_none(self, ep, secs=1.0):
        try:
            return await asyncio.wait_for(self.api.head(ep), secs)
        except asyncio.TimeoutError:
            log.info("no head for %s", ep)
            return None

    # ---- retries, all the ways we ever did them

    @retry(stop=stop_after_attempt(3), wait=wait_fixed(0.5), reraise=True)
    async def publish(self, ep):
        """push it out"""
        return await self.api.publish(ep)

    @tenacity.retry(
        retry=tenacity.retry_if_exception_type((ConnectionError, OSError)),
        wait=wait_exponential(multiplier=0.2, max=2),
        stop=stop_after_attempt(4) | tenacity.stop_after_delay(6),
        reraise=True,
    )
    async def notify(self, who, *, loud=False):
        await self.api.notify(who, loud)

    async def until_indexed(self, ep):
        async for attempt in AsyncRetrying(
            stop=tenacity.stop_after_attempt(5),
            wait=tenacity.wait_incrementing(start=0.3, increment=0.4),
            retry=tenacity.retry_if_exception_type(TryAgain),
            reraise=True,
        ):
            with attempt:
                st = await self.api.index(ep)
                if st != "indexed":
                    raise TryAgain
                return st

    async def bump(self, key):
        delay = 0.1
        while True:
            row = await self.store.read(key)
            try:
                return await self.store.write(key, row + 1, row)
            except Conflict:
                log.debug("conflict on %s, again in %.1f", key, delay)
            await asyncio.sleep(delay)
            delay = min(delay * 2, 1.6)

    async def bump_few(self, key, tries=4):
        for attempt in range(tries):
            try:
                row = await self.store.read(key)
                return await self.store.write(key, row + 10, row)
            except Conflict:
                if attempt == tries - 1:
                    raise
                await asyncio.sleep(0.1 * 2 ** attempt)

    async def push(self, ep):
        for n in range(5):
            try:
                return await self.api.push(ep)
            except RateLimitError as e:
                if n == 4:
                    raise
                # full jitter
                pause = random.uniform(0, min(8.0, 0.5 * 2 ** n))
                await asyncio.sleep(max(pause, e.retry_after or 0))

    # ---- pipeline

    async def enrich(self, ids):
        pass1 = await self.api.extract(ids)
        if not pass1:
            return []
        await self.store.checkpoint(pass1)
        pass2 = await self.api.refine(pass1)
        return pass2

    async def nightly(self, eps):
        try:
            await self.publish(eps[0])
        except ConnectionError:
            log.error("publish is down, cooling off")
            await asyncio.sleep(2)
            self.sem._value = 1     # one at a time from now on
        return [await self.transcode(e) for e in eps[:2]]

    # ---- service

    async def heart(self):
        while not self.stop.is_set():
            await self.api.beat()
            self.beats += 1
            try:
                await asyncio.wait_for(self.stop.wait(), timeout=self.beat)
            except asyncio.TimeoutError:
                pass

    async def run(self, eps):
        self._ready = asyncio.Event()
        heart = asyncio.create_task(self.heart())
        try:
            for ep in eps:
                if self.stop.is_set():
                    log.info("stopping early")
                    break
                self.done.append(await self.api.download(ep))
                self._ready.set()
        finally:
            self.stop.set()
            await heart
        await asyncio.sleep(0)
        return self.done, self.beats

    async def wait_ready(self):
        while self._ready is None:
            await asyncio.sleep(0.05)
        await self._ready.wait()
        return "ready"


async def main(ing, eps):
    return await asyncio.gather(ing.run(eps), ing.wait_ready(), return_exceptions=True)
