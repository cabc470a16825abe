# podcast ingest worker -- 3am edition
# TODO clean this up, it works, dont ask
import asyncio, logging, random, time
import functools
from typing import Any, Optional

import reactivex as rx
from reactivex import operators as ops

from _operators import (
    EventSubject,
    PENDING,
    RetryPolicy,
    TryAgain,
    any_of,
    concat_map,
    do_action,
    flat_map,
    forever,
    fork_join,
    from_async,
    in_executor,
    in_thread,
    last_value_from,
    occ_transition,
    poll,
    rate_limit,
    retry_if_exception_type,
    retry_when,
    stop_after_attempt,
    stop_after_delay,
    take_until,
    timeout,
    upload_with_retry,
    wait_exponential,
    wait_fixed,
    wait_incrementing,
)

log = logging.getLogger("ingest")

MAX_DL = 3
FEED_LIMIT = rate_limit(4, 2)   # feeds.example told us off twice


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
        self.stop = EventSubject()
        self._ready: Optional[EventSubject] = None
        self.poll = poll
        self.beat = beat
        self.beats = 0
        self.done = []

    # ---- feeds

    async def feed(self, url):
        async with FEED_LIMIT:
            return await self.api.get(url)

    async def feeds(self, urls):
        res = await last_value_from(
            rx.from_iterable(urls).pipe(
                flat_map(self.feed, return_exceptions=True), ops.to_list()
            )
        )
        good = {}
        for u, r in zip(urls, res):
            if isinstance(r, Exception):
                log.warning("feed %s: %r", u, r)
                continue
            good[u] = r
        return good

    async def download_all(self, eps):
        async def one(ep):
            return await self.api.download(ep)  # big

        return await last_value_from(
            rx.from_iterable(eps).pipe(
                flat_map(one, max_concurrent=MAX_DL), ops.to_list()
            )
        )

    async def transcode(self, ep):
        # ffmpeg eats cores, keep it away from the loop
        async with self.sem:
            meta = await last_value_from(
                rx.from_callable(
                    functools.partial(self.store.probe, ep, fast=True)
                ).pipe(in_thread())
            )
            size = await last_value_from(
                rx.from_callable(functools.partial(self.store.size, ep)).pipe(
                    in_executor()
                )
            )
        return meta, size

    async def transcode_many(self, eps):
        tasks = []
        for i, ep in enumerate(eps):
            if i > 0:
                await last_value_from(rx.timer(0.25))  # dont start all at once
            tasks.append(asyncio.create_task(self.transcode(ep)))
        return await last_value_from(
            rx.from_iterable(tasks).pipe(
                flat_map(lambda task: task, return_exceptions=True), ops.to_list()
            )
        )

    async def both(self, ep):
        head, tags = await last_value_from(
            fork_join(self.api.head(ep), self.api.tags(ep))
        )
        return {"head": head, **tags} if isinstance(tags, dict) else (head, tags)

    # ---- remote job

    async def wait_job(self, job, timeout=9):
        waited, step = 0, self.poll

        async def check(n):
            nonlocal step, waited
            if n:
                waited += step
                step = min(step * 1.5, 3)
            if not waited < timeout:
                raise TimeoutError(f"{job} took more than {timeout}s")
            st = await self.api.status(job)
            if st == "done":
                return await self.api.fetch(job)
            if st == "failed":
                raise RuntimeError(f"job {job} failed")
            return PENDING

        return await last_value_from(
            rx.defer(lambda _: rx.interval(step)).pipe(
                poll(check),
                ops.take_while(lambda result: result is PENDING, inclusive=True),
                ops.last(),
            )
        )

    async def until_quiet(self):
        async def check(_):
            n = await self.api.queue()
            log.debug("queue %s", n)
            return n

        await last_value_from(
            rx.defer(lambda _: rx.interval(self.poll)).pipe(
                poll(check),
                ops.take_while(lambda n: bool(n), inclusive=True),
                ops.last(),
            )
        )

    async def head_or_none(self, ep, secs=1.0):
        try:
            return await last_value_from(
                from_async(self.api.head, ep).pipe(timeout(secs))
            )
        except asyncio.TimeoutError:
            log.info("no head for %s", ep)
            return None

    # ---- retries, all the ways we ever did them

    @retry_when(
        RetryPolicy(stop=stop_after_attempt(3), wait=wait_fixed(0.5), reraise=True)
    )
    async def publish(self, ep):
        """push it out"""
        return await self.api.publish(ep)

    @retry_when(
        RetryPolicy(
            retry=retry_if_exception_type((ConnectionError, OSError)),
            wait=wait_exponential(multiplier=0.2, maximum=2),
            stop=any_of(stop_after_attempt(4), stop_after_delay(6)),
            reraise=True,
        )
    )
    async def notify(self, who, *, loud=False):
        await self.api.notify(who, loud)

    async def until_indexed(self, ep):
        policy = RetryPolicy(
            stop=stop_after_attempt(5),
            wait=wait_incrementing(start=0.3, increment=0.4),
            retry=retry_if_exception_type(TryAgain),
            reraise=True,
        )

        async def attempt():
            st = await self.api.index(ep)
            if st != "indexed":
                raise TryAgain
            return st

        return await last_value_from(from_async(attempt).pipe(retry_when(policy)))

    async def bump(self, key):
        delay = 0.1

        async def transition():
            row = await self.store.read(key)
            try:
                return await self.store.write(key, row + 1, row)
            except Conflict as exc:
                raise TryAgain from exc

        def backoff(n, _):
            nonlocal delay
            if n:
                delay = min(delay * 2, 1.6)
            log.debug("conflict on %s, again in %.1f", key, delay)
            return delay

        return await last_value_from(
            occ_transition(
                transition, max_attempts=None, conflict=TryAgain, backoff=backoff
            )
        )

    async def bump_few(self, key, tries=4):
        async def transition():
            row = await self.store.read(key)
            return await self.store.write(key, row + 10, row)

        return await last_value_from(
            occ_transition(
                transition,
                max_attempts=tries,
                conflict=Conflict,
                backoff=lambda attempt, _: 0.1 * 2 ** attempt,
            )
        )

    async def push(self, ep):
        def backoff(n, e):
            # full jitter
            pause = random.uniform(0, min(8.0, 0.5 * 2 ** n))
            return max(pause, e.retry_after or 0)

        return await last_value_from(
            upload_with_retry(
                ep,
                lambda ep: self.api.push(ep),
                max_attempts=5,
                retry_on=RateLimitError,
                backoff=backoff,
            )
        )

    # ---- pipeline

    async def enrich(self, ids):
        pass1_source = from_async(self.api.extract, ids)

        def after_pass1(pass1):
            if not pass1:
                return rx.of([])

            async def run_pass2(pass1):
                pass2 = await self.api.refine(pass1)
                return rx.of(pass2)

            return rx.of(pass1).pipe(
                do_action(lambda pass1: self.store.checkpoint(pass1)),
                concat_map(run_pass2),
            )

        return await last_value_from(pass1_source.pipe(concat_map(after_pass1)))

    async def nightly(self, eps):
        try:
            await self.publish(eps[0])
        except ConnectionError:
            log.error("publish is down, cooling off")
            await last_value_from(rx.timer(2))
            self.sem._value = 1     # one at a time from now on
        return [await self.transcode(e) for e in eps[:2]]

    # ---- service

    async def heart(self):
        async def one_round(_):
            await self.api.beat()
            self.beats += 1
            try:
                await last_value_from(
                    from_async(self.stop.wait).pipe(timeout(self.beat))
                )
            except asyncio.TimeoutError:
                pass

        await last_value_from(
            forever().pipe(
                take_until(self.stop), concat_map(one_round), ops.default_if_empty()
            )
        )

    async def run(self, eps):
        self._ready = EventSubject()
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
        await last_value_from(
            rx.interval(0.05).pipe(
                poll(),
                ops.take_while(lambda _: self._ready is None, inclusive=True),
                ops.last(),
            )
        )
        await self._ready.wait()
        return "ready"


async def main(ing, eps):
    return await last_value_from(
        fork_join(ing.run(eps), ing.wait_ready(), return_exceptions=True)
    )
