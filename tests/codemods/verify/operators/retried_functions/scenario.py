"""Decorated functions, plain ones in threads and coroutines, several calls of one at a time."""

import asyncio
import inspect


async def scenario(subject, world):
    def told(name):
        def tell(state):
            outcome = state.outcome
            ended = None if outcome is None else (outcome.failed, repr(outcome.exception()))
            next_sleep = None if state.next_action is None else state.next_action.sleep
            called = (state.fn.__name__, state.args, state.kwargs, state.get_fn_name())
            spent = (state.seconds_since_start, state.idle_for, state.upcoming_sleep)
            world.note(name, state.attempt_number, ended, next_sleep, *called, *spent)

        return tell

    callbacks = {name: told(name) for name in ("before", "after", "before_sleep")}
    policies = subject.policies(callbacks, world.chance("reraise", 0.5))
    options = policies[world.choose("policy", 0, 2)]

    def fetch(item, *, again):
        value = world.sync_call("fetch", item)
        if world.chance(f"again after {value}", again):
            raise subject.TryAgain
        return value

    async def store(item, *, again):
        value = await world.call("store", item)
        if world.chance(f"again after {value}", again):
            raise subject.TryAgain
        return await world.call("confirm", item)

    plain = subject.decorated(options, fetch)
    awaited = subject.decorated(options, store)
    world.note("kinds", inspect.iscoroutinefunction(plain), inspect.iscoroutinefunction(awaited))

    async def one(item):
        try:
            value = await asyncio.to_thread(plain, item, again=0.1)
        except subject.RetryError as error:
            last = error.last_attempt
            value = [last.attempt_number, last.failed, repr(last.exception()), error.__cause__]
            if not last.failed:
                value.append(last.result())
        return [value, await awaited(item, again=0.1)]

    try:
        return await asyncio.gather(*[one(item) for item in range(world.choose("items", 1, 3))])
    except subject.RetryError as error:
        return [repr(error.__cause__), error.last_attempt.attempt_number]
    finally:
        await world.call("after")
