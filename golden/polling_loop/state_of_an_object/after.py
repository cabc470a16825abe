"""Nothing is called: the loop looks at what others change meanwhile."""

import reactivex as rx
from reactivex import operators as ops

from _operators import last_value_from, poll, poll_after


class Connection:
    def __init__(self, settings):
        self.settings = settings
        self.state = "connecting"
        self.streams = []
        self.paused = False

    async def ready(self):
        await last_value_from(
            rx.defer(lambda _: rx.interval(self.settings.interval)).pipe(
                poll(),
                ops.take_while(lambda _: self.state == "connecting", inclusive=True),
                ops.last(),
            )
        )
        return self.state

    async def drained(self, limit=10):
        # Streams end by themselves; nobody tells us.
        # paused: somebody takes over
        # a tick is enough
        await last_value_from(
            rx.interval(0.05).pipe(
                poll(),
                ops.take_while(
                    lambda _: len(self.streams) > 0 and not self.paused, inclusive=True
                ),
                ops.last(),
            )
        )
        return not self.streams

    async def idle(self, is_idle):
        await last_value_from(
            rx.interval(0.1).pipe(
                poll_after(),
                ops.take_while(lambda _: not is_idle(), inclusive=True),
                ops.last(),
            )
        )
        self.state = "idle"

    async def closed(self, timer):
        await last_value_from(
            rx.interval(.2).pipe(
                poll(),
                ops.take_while(
                    lambda _: any(stream.open for stream in self.streams),
                    inclusive=True,
                ),
                ops.last(),
            )
        )
        await last_value_from(
            rx.interval(.3).pipe(
                poll(),
                ops.take_while(
                    lambda _: not (timer.expired or self.state == "closed"),
                    inclusive=True,
                ),
                ops.last(),
            )
        )
        return self.state
