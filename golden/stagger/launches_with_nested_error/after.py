"""The calls are made at their launch: what making one raises is raised there and then."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from

log = logging.getLogger(__name__)
PACE = 0.4


class Dispatcher:
    def __init__(self, handlers: Mapping[str, Callable[[int], Awaitable[str]]]) -> None:
        self._handlers = handlers
        self.dispatched = 0

    async def dispatch(self, events: list[str], attempts: int) -> list[str]:
        """One attempt after the other, until all events are handled."""
        for attempt in range(attempts):
            todo = [event for event in events if not event.startswith("#")]
            try:
                # paced
                # not the first
                # no await here
                handled = await last_value_from(
                    rx.zip(rx.from_iterable(todo), rx.timer(0, PACE)).pipe(
                        ops.starmap(
                            lambda event, number: asyncio.create_task(
                                self._handle(event, number + attempt, order=number)
                            )
                        ),
                        ops.to_list(),
                        ops.flat_map(rx.from_iterable),
                        flat_map(lambda task: task),
                        ops.to_list(),
                    )
                )
            except (KeyError, ValueError) as error:
                log.warning("attempt %d: %s", attempt, type(error).__name__)
                continue
            return handled
        raise LookupError("no attempt left")

    def _handle(self, event: str, number: int, order: int) -> Coroutine[object, object, str]:
        handler = self._handlers[event]  # KeyError for what nobody handles
        self.dispatched += 1
        return self._run(handler, number, order)

    async def _run(
        self, handler: Callable[[int], Awaitable[str]], number: int, order: int
    ) -> str:
        return f"{order}: {await handler(number)}"
