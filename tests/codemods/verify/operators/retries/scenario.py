"""Every kind of policy, with callbacks that look at all they are told, against tenacity."""

STOPS = ["attempts", "delay", "before delay", "either", "both"]
WAITS = [
    "none",
    "fixed",
    "random",
    "incrementing",
    "exponential",
    "random exponential",
    "jitter",
    "chain",
    "sum",
]
RETRIES = ["any", "some", "result", "either"]


async def scenario(subject, world):
    def tells(name, *fields):
        def tell(state):
            outcome = state.outcome
            ended = None if outcome is None else (outcome.failed, repr(outcome.exception()))
            told = (getattr(state, field) for field in fields)
            world.note(name, state.attempt_number, ended, *told)

        return tell

    async def before_sleep(state):
        tells("before sleep", "idle_for", "upcoming_sleep", "seconds_since_start")(state)
        world.note("next", state.next_action.sleep)
        if world.chance("slow callback", 0.2):
            await world.call("callback", state.attempt_number)

    told = {
        "before": tells("before", "idle_for"),
        "after": tells("after", "idle_for", "seconds_since_start"),
        "before_sleep": before_sleep,
        "reraise": world.chance("reraise", 0.6),
    }
    options = subject.policy(
        world.pick("stop", STOPS), world.pick("wait", WAITS), world.pick("retry", RETRIES), told
    )

    async def attempt():
        record = await world.call("read")
        if world.chance(f"again after {record}", 0.1):
            raise subject.TryAgain
        return await world.call("write")

    async def give_up(state):
        return await world.call("give up", state.attempt_number, state.outcome.failed)

    callback = give_up if world.chance("callback at the end", 0.2) else None
    in_a_chain = world.chance("in a chain", 0.3)
    try:
        return await subject.store(attempt, options, callback, in_a_chain)
    except subject.TryAgain as error:
        return [type(error).__name__, error.args, repr(error.__cause__)]
    except Exception as error:
        last = subject.last_attempt(error)
        if last is None:
            raise
        # Of the two libraries' own exceptions all but the module is compared.
        parts = [type(error).__name__, last.attempt_number, last.failed, repr(last.exception())]
        return [*parts, repr(error.__cause__), str(error).startswith("RetryError[<Future at")]
    finally:
        await world.call("after")
