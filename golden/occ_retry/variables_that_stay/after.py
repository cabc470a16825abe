"""Variables that go from one attempt to the next, or outlive the loop."""

import logging
import sys

import reactivex as rx

from _operators import last_value_from

logger = logging.getLogger(__name__)


class ConflictError(Exception):
    pass


async def value_of_last_attempt(store, key):
    for attempt in range(3):
        try:
            row = await store.read(key)
            await store.write(row)
            break
        except ConflictError:
            await last_value_from(rx.timer(0.1))
    return row


async def number_of_last_attempt(store, key, retries):
    for attempt in range(retries):
        try:
            await store.write(key)
            break
        except ConflictError:
            await last_value_from(rx.timer(0.1))
    return attempt


async def wait_from_attempt(store, key):
    while True:
        row = await store.read(key)
        try:
            return await store.write(row)
        except ConflictError:
            await last_value_from(rx.timer(row.patience))


async def perhaps_unbound(store, key, fast):
    if fast:
        delay = 0.1
    while True:
        try:
            return await store.write(key)
        except ConflictError:
            await last_value_from(rx.timer(delay))


async def own_frame(store, key):
    for attempt in range(3):
        try:
            return await store.write(key)
        except ConflictError:
            logger.info("%(key)s, attempt %(attempt)d", locals())
            await last_value_from(rx.timer(0.1))


async def late_traceback(store, key):
    for attempt in range(3):
        try:
            return await store.write(key)
        except ConflictError:
            pause = 0.1 * attempt
            if sys.flags.verbose:
                pause = 0
                logger.exception("again")
                await store.note(pause)
            elif attempt == 1:
                await store.note("second")
            await last_value_from(rx.timer(pause))
            pause = 0
            await store.note(key)


async def counter_set_anew(store, key, retries):
    for attempt in range(retries):
        try:
            return await store.write(key, attempt)
        except ConflictError as error:
            if error.is_new:
                attempt = 0
            await last_value_from(rx.timer(0.1 * attempt))


async def error_behind_the_loop(store, key, error=None):
    for _ in range(3):
        try:
            await store.write(key)
            break
        except ConflictError as error:
            logger.info("%s: %s", key, error)
            await last_value_from(rx.timer(0.1))
    return error
