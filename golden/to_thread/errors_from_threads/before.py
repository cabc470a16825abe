"""What a blocking function raises is caught by its type, and told by its cause."""

import asyncio
import logging

log = logging.getLogger(__name__)


class Unavailable(Exception):
    pass


class Sessions:
    def __init__(self, connect, close):
        self._connect = connect
        self._close = close

    async def open(self, name):
        try:
            return await asyncio.to_thread(self._connect, name)
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
            await asyncio.to_thread(self._close, session)

    async def close_quietly(self, session):
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(None, self._close, session)
        except Exception:
            log.exception("while closing")
        except BaseException as error:
            log.info("ended by %s", type(error).__name__)
            raise
