"""What a blocking function raises is caught by its type, and told by its cause."""

import logging
from functools import partial

import reactivex as rx

from _operators import in_executor, in_thread, last_value_from

log = logging.getLogger(__name__)


class Unavailable(Exception):
    pass


class Sessions:
    def __init__(self, connect, close):
        self._connect = connect
        self._close = close

    async def open(self, name):
        try:
            return await last_value_from(
                rx.from_callable(partial(self._connect, name)).pipe(in_thread())
            )
        except KeyError:
            log.warning("no such session: %s", name)
            return None
        except OSError as error:
            raise Unavailable(name) from error

    async def use(self, name, work):
        session = await self.open(name)
        try:
            return await work(session)
        finally:
            await last_value_from(
                rx.from_callable(partial(self._close, session)).pipe(in_thread())
            )

    async def close_quietly(self, session):
        try:
            await last_value_from(
                rx.from_callable(partial(self._close, session)).pipe(in_executor())
            )
        except Exception:
            log.exception("while closing")
        except BaseException as error:
            log.info("ended by %s", type(error).__name__)
            raise
