"""The calls are made at their launch: what making one raises is raised there and then."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping

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

                tasks = []
                for number, event in enumerate(todo):
                    if 0 < number:
                        # not the first
                        await asyncio.sleep(delay=PACE)
                    tasks.append(
                        asyncio.create_task(self._handle(event, number + attempt, order=number))
                    )  # no await here
                handled = await asyncio.gather(*tasks)
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
