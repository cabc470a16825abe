"""The modules whose primitives are mapped: their public names, and where else these are spelled."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ROOTS = frozenset({"asyncio", "tenacity", "aiolimiter"})
"""The modules whose names the mapping table speaks of."""

# One name a line would be pages of it, hence the strings that are split (SIM905).
# Written down, not asked of the running Python: the answer for a source file must not depend on
# the version that looks at it, and importing tenacity is not ours to require.
_ASYNCIO = frozenset(
    """
    AbstractEventLoop ALL_COMPLETED BaseEventLoop BoundedSemaphore BrokenBarrierError Barrier
    CancelledError Condition Event FIRST_COMPLETED FIRST_EXCEPTION Future Handle
    IncompleteReadError InvalidStateError LifoQueue LimitOverrunError Lock PriorityQueue Protocol
    Queue QueueEmpty QueueFull QueueShutDown Runner Semaphore Server StreamReader StreamWriter
    Task TaskGroup Timeout TimeoutError TimerHandle Transport all_tasks as_completed
    create_subprocess_exec create_subprocess_shell create_task current_task ensure_future gather
    get_event_loop get_event_loop_policy get_running_loop iscoroutine iscoroutinefunction
    isfuture new_event_loop open_connection run run_coroutine_threadsafe set_event_loop
    set_event_loop_policy shield sleep start_server timeout timeout_at to_thread wait wait_for
    wrap_future
    """.split()  # noqa: SIM905
)
_TENACITY = frozenset(
    """
    AsyncRetrying AttemptManager BaseAction BaseRetrying DoAttempt DoSleep Future NO_RESULT
    RetryAction RetryCallState RetryError Retrying TryAgain WrappedFn after_log after_nothing
    before_log before_nothing before_sleep_log before_sleep_nothing retry retry_all retry_always
    retry_any retry_base retry_if_exception retry_if_exception_cause_type
    retry_if_exception_message retry_if_exception_type retry_if_not_exception_message
    retry_if_not_exception_type retry_if_not_result retry_if_result retry_never
    retry_unless_exception_type sleep sleep_using_event stop_after_attempt stop_after_delay
    stop_all stop_any stop_before_delay stop_never stop_when_event_set wait_chain wait_combine
    wait_exception wait_exponential wait_exponential_jitter wait_fixed wait_full_jitter
    wait_incrementing wait_none wait_random wait_random_exponential
    """.split()  # noqa: SIM905
)

PUBLIC: Mapping[str, frozenset[str]] = MappingProxyType(
    {"asyncio": _ASYNCIO, "tenacity": _TENACITY, "aiolimiter": frozenset({"AsyncLimiter"})}
)
"""What ``from module import *`` brings."""

_SUBMODULES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "asyncio": frozenset(
            {"base_events", "coroutines", "events", "exceptions", "futures", "locks", "protocols"}
            | {"queues", "runners", "streams", "taskgroups", "tasks", "threads", "timeouts"}
            | {"transports"}
        ),
        "tenacity": frozenset({"after", "before", "before_sleep", "nap", "retry", "stop", "wait"}),
        "aiolimiter": frozenset({"leakybucket"}),
    }
)

# The asynchronous package of tenacity has predicates of its own under the same names: only the
# class is the one that tenacity itself exports.
_RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "tenacity.asyncio.AsyncRetrying": "tenacity.AsyncRetrying",
        "tenacity._asyncio.AsyncRetrying": "tenacity.AsyncRetrying",
    }
)

_TRIO = frozenset({"Event", "Semaphore", "sleep"})
LOOKALIKES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "anyio": _TRIO,
        "curio": _TRIO | {"TaskGroup", "timeout_after"},
        "gevent": frozenset({"Timeout", "sleep", "wait"}),
        "multiprocessing": frozenset({"BoundedSemaphore", "Event", "Lock", "Queue", "Semaphore"}),
        "threading": frozenset({"BoundedSemaphore", "Event", "Lock", "Semaphore"}),
        "time": frozenset({"sleep"}),
        "trio": _TRIO,
    }
)
"""Modules whose star import brings other things under the names of primitives."""


def canonical(origin: str) -> str:
    """The public spelling: ``asyncio.locks.Semaphore`` -> ``asyncio.Semaphore``.

    An origin that has no other spelling is returned as it is.
    """
    if origin in _RENAMED:
        return _RENAMED[origin]
    parts = origin.split(".")
    if len(parts) != 3:
        return origin
    package, submodule, name = parts
    known = submodule in _SUBMODULES.get(package, ()) and name in PUBLIC[package]
    return f"{package}.{name}" if known else origin
