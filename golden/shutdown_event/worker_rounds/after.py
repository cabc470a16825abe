import logging

import reactivex as rx
from reactivex import operators as ops

from _operators import EventSubject, concat_map, forever, last_value_from, take_until

log = logging.getLogger("worker")


class Worker:
    """Takes jobs until it is told to stop."""

    def __init__(self, source, handle, idle=0.25):
        self.source = source
        self.handle = handle
        self.idle = idle
        self.stop_event = EventSubject()
        self.errors = 0

    def stop(self):
        self.stop_event.set()

    async def run(self):
        done = 0

        async def one_round(_):
            nonlocal done
            job = await self.source()
            if job is None:
                # nothing to do: look again later
                await last_value_from(rx.timer(self.idle))
                return
            for attempt in range(2):
                try:
                    await self.handle(job, attempt)
                except ValueError:
                    self.errors += 1
                    continue
                break
            done += 1
            log.debug("%s done", done)

        await last_value_from(
            forever().pipe(
                take_until(self.stop_event),
                concat_map(one_round),
                ops.default_if_empty(),
            )
        )
        log.info("worker ends after %d", done)
        return done

    async def run_polling(self):
        await self.source()

        async def one_round(_):
            await self.handle("poll", 0)
            await last_value_from(rx.timer(self.idle * 3))

        await last_value_from(
            forever().pipe(
                take_until(self.stop_event),
                concat_map(one_round),
                ops.default_if_empty(),
            )
        )
