"""``retry_when`` as a decorator, and its policies beside tenacity's own."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib.util
import inspect
import logging
import math
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import tenacity
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.runtime import operators as o

# --- the decorator -------------------------------------------------------------------------


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What ``time.sleep`` and ``asyncio.sleep`` were asked for; neither takes any time."""
    asked: list[float] = []

    async def sleep(seconds: float) -> None:
        asked.append(seconds)

    monkeypatch.setattr(time, "monotonic", lambda: 2.5 * len(asked))
    monkeypatch.setattr(time, "sleep", asked.append)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    return asked


class Flaky:
    """Fails so many times, then tells what it was called with."""

    def __init__(self, failures: int, error: type[BaseException] = ConnectionError) -> None:
        self.left = failures
        self.error = error
        self.threads: list[threading.Thread] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.threads.append(threading.current_thread())
        self.left -= 1
        if self.left >= 0:
            raise self.error(self.left)
        return args, kwargs


POLICY = o.RetryPolicy(stop=o.stop_after_attempt(3), wait=o.wait_incrementing(1, 2), reraise=True)


def test_plain_function_is_called_again_in_its_thread(slept: list[float]) -> None:
    flaky = Flaky(2)

    @o.retry_when(POLICY)
    def fetch(*args: Any, **kwargs: Any) -> Any:
        return flaky(*args, **kwargs)

    assert fetch(1, b=2) == ((1,), {"b": 2})
    assert flaky.threads == [threading.current_thread()] * 3
    assert slept == [1, 3]
    assert all(isinstance(each, float) for each in slept)


def test_plain_function_keeps_its_looks() -> None:
    @o.retry_when(POLICY)
    def fetch(key: str = "k", *, limit: int = 3) -> Any:
        """Fetch it."""

    assert (fetch.__name__, fetch.__doc__) == ("fetch", "Fetch it.")
    assert str(inspect.signature(fetch)) == "(key: 'str' = 'k', *, limit: 'int' = 3) -> 'Any'"
    assert (fetch.__defaults__, fetch.__kwdefaults__) == (("k",), {"limit": 3})


def test_coroutine_function_stays_one(slept: list[float]) -> None:
    flaky = Flaky(2)

    @o.retry_when(POLICY)
    async def fetch(key: str, *, limit: int = 3) -> Any:
        """Fetch it."""
        return flaky(key, limit=limit)

    assert inspect.iscoroutinefunction(fetch)
    assert (fetch.__name__, fetch.__doc__) == ("fetch", "Fetch it.")
    assert str(inspect.signature(fetch)) == "(key: 'str', *, limit: 'int' = 3) -> 'Any'"
    assert fetch.__kwdefaults__ == {"limit": 3}
    assert asyncio.run(fetch("k")) == (("k",), {"limit": 3})
    assert slept == [1, 3]


def test_methods_of_all_kinds(slept: list[float]) -> None:
    class Client:
        def __init__(self) -> None:
            self.flaky = Flaky(1)

        @o.retry_when(POLICY)
        def own(self, x: int) -> Any:
            return self.flaky(self, x)

        @classmethod
        @o.retry_when(POLICY)
        def of_class(cls, x: int) -> Any:
            return cls, x

        @staticmethod
        @o.retry_when(POLICY)
        def static(x: int) -> int:
            return x

        @property
        @o.retry_when(POLICY)
        def shown(self) -> Any:
            return self.flaky()

    client = Client()
    assert client.own(1) == ((client, 1), {})
    assert client.of_class(2) == (Client, 2)
    assert Client.static(3) == 3
    assert client.shown == ((), {})


def test_generators_are_handed_over_as_they_are() -> None:
    @o.retry_when(POLICY)
    def numbers() -> Any:
        yield 1
        raise LookupError

    @o.retry_when(POLICY)
    async def later() -> Any:
        yield 1

    made = numbers()
    assert next(made) == 1
    with pytest.raises(LookupError):
        next(made)
    assert inspect.isasyncgen(later())


def test_plain_function_may_run_out(slept: list[float]) -> None:
    @o.retry_when(o.RetryPolicy(stop=o.stop_after_attempt(2), reraise=True))
    def first() -> Any:
        return next(iter(()))

    with pytest.raises(StopIteration):
        first()
    assert slept == [0]


def test_state_knows_the_call(slept: list[float]) -> None:
    seen: list[Any] = []

    def note(state: o.RetryState) -> None:
        seen.append((state.fn, state.args, state.kwargs, state.get_fn_name()))

    def fetch(*args: Any, **kwargs: Any) -> None:
        raise KeyError

    policy = o.RetryPolicy(stop=o.stop_after_attempt(1), after=note, reraise=True)
    with pytest.raises(KeyError):
        o.retry_when(policy)(fetch)(1, a=2)
    assert seen == [(fetch, (1,), {"a": 2}, f"{__name__}.{fetch.__qualname__}")]


@pytest.mark.parametrize("is_async", [False, True])
def test_callback_may_change_what_the_next_attempt_is_given(
    is_async: bool, slept: list[float]
) -> None:
    def grow(state: o.RetryState) -> None:
        state.kwargs["size"] *= 2

    policy = o.RetryPolicy(before_sleep=grow, reraise=True)
    plain = Flaky(2)

    async def awaited(**kwargs: int) -> Any:
        return plain(**kwargs)

    given = {"size": 1}
    if is_async:
        assert asyncio.run(o.retry_when(policy)(awaited)(**given)) == ((), {"size": 4})
    else:
        assert o.retry_when(policy)(plain)(**given) == ((), {"size": 4})
    assert given == {"size": 1}


def test_calls_share_no_state(slept: list[float]) -> None:
    calls: list[int] = []

    @o.retry_when(POLICY)
    def count_down(n: int) -> int:
        calls.append(n)
        if n:
            return count_down(n - 1)
        raise LookupError

    with pytest.raises(LookupError):
        count_down(1)
    assert calls == [1, 0, 0, 0] * 3


def test_custom_sleep_and_callback_at_the_end(slept: list[float]) -> None:
    own: list[float] = []
    policy = o.RetryPolicy(
        stop=o.stop_after_attempt(2),
        wait=o.wait_fixed(4),
        sleep=own.append,
        retry_error_callback=lambda state: state.attempt_number,
    )
    assert o.retry_when(policy)(Flaky(9))() == 2
    assert (own, slept) == ([4.0], [])


def test_attempts_are_made_here_and_now(slept: list[float]) -> None:
    flaky = Flaky(2)
    assert o.retry_when(POLICY).run(lambda: flaky(1)) == ((1,), {})
    assert flaky.threads == [threading.current_thread()] * 3
    assert slept == [1, 3]


class Asked:
    """Its objects are awaited when they are called; it itself is not."""

    def __init__(self, state: o.RetryState) -> None:
        self.state = state

    async def __call__(self) -> None:
        raise AssertionError


def test_a_class_is_called_and_not_awaited(slept: list[float]) -> None:
    @o.retry_when(o.RetryPolicy(stop=o.stop_after_attempt(1), retry_error_callback=Asked))
    async def fetch() -> Any:
        raise LookupError

    assert asyncio.run(fetch()).state.attempt_number == 1


def test_a_policy_is_written_with_the_names_of_its_fields() -> None:
    with pytest.raises(TypeError, match="positional"):
        o.RetryPolicy(o.stop_never)  # type: ignore[misc]


def test_a_policy_stays_as_it_is() -> None:
    policy: Any = o.RetryPolicy()
    with pytest.raises(dataclasses.FrozenInstanceError):
        policy.stop = o.stop_after_attempt(1)
    assert not hasattr(policy, "__dict__")


def test_a_message_is_compared_by_its_text(slept: list[float]) -> None:
    text = "".join(["too ", "many"])
    flaky = iter([ConnectionError("too many"), ConnectionError("gone")])

    @o.retry_when(o.RetryPolicy(retry=o.retry_if_exception_message(text), reraise=True))
    def fetch() -> None:
        raise next(flaky)

    with pytest.raises(ConnectionError, match="gone"):
        fetch()
    assert slept == [0]


def test_exceptions_are_tenacitys_where_it_is_installed() -> None:
    assert (o.RetryError, o.TryAgain) == (tenacity.RetryError, tenacity.TryAgain)

    @o.retry_when(o.RetryPolicy(stop=o.stop_after_attempt(2), retry=lambda state: False))
    def ask() -> None:
        raise tenacity.TryAgain

    with pytest.raises(tenacity.RetryError) as caught:
        ask()
    assert caught.value.last_attempt.attempt_number == 2
    assert str(caught.value).endswith(" state=finished raised TryAgain>]")
    with pytest.raises(tenacity.TryAgain):
        caught.value.reraise()


def test_exceptions_are_our_own_where_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tenacity", None)
    spec = importlib.util.spec_from_file_location("without_tenacity", o.__file__)
    assert spec is not None
    assert spec.loader is not None
    alone = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "without_tenacity", alone)
    spec.loader.exec_module(alone)
    assert alone.RetryError.__module__ == "without_tenacity"

    @alone.retry_when(alone.RetryPolicy(stop=alone.stop_after_attempt(2)))
    def ask() -> None:
        raise alone.TryAgain

    with pytest.raises(alone.RetryError) as caught:
        ask()
    last = caught.value.last_attempt
    assert last.attempt_number == 2
    assert isinstance(caught.value.__cause__, alone.TryAgain)
    assert str(caught.value) == f"RetryError[{last!r}]"


def test_result_refused_to_the_end_keeps_the_context() -> None:
    @o.retry_when(
        o.RetryPolicy(
            stop=o.stop_after_attempt(1), retry=o.retry_if_result(lambda _: True), reraise=True
        )
    )
    def ask() -> int:
        return 1

    with pytest.raises(o.RetryError) as caught:
        ask()
    assert not caught.value.__suppress_context__


@pytest.mark.parametrize("place", ["before", "after", "before_sleep"])
@pytest.mark.parametrize("with_trace", [False, True])
def test_logs_read_as_tenacitys(
    place: str, with_trace: bool, caplog: pytest.LogCaptureFixture, slept: list[float]
) -> None:
    log = logging.getLogger("told")
    caplog.set_level(1)
    extra = {"exc_info": with_trace} if place == "before_sleep" else {}

    def again(state: Any) -> bool:
        return bool(state.attempt_number < 24)

    def sometimes() -> Any:
        numbers.append(0)
        if len(numbers) % 2:
            raise ConnectionError("down")
        return "no"

    def said(module: Any, run: Callable[[dict[str, Any]], object]) -> list[str]:
        numbers.clear()
        caplog.clear()
        told = getattr(module, f"{place}_log")(log, logging.WARNING, **extra)
        run({place: told, "retry": again, "wait": module.wait_fixed(0.123456)})
        assert {record.levelno for record in caplog.records} == {logging.WARNING}
        # Where the attempt was called from is no part of what is told.
        return [line.partition("Traceback")[0] for line in caplog.messages]

    numbers: list[int] = []
    ours = said(o, lambda options: o.retry_when(o.RetryPolicy(**options))(sometimes)())
    theirs = said(tenacity, lambda options: tenacity.Retrying(**options)(sometimes))
    assert ours == theirs
    assert len(ours) in (23, 24)


@pytest.mark.parametrize("number", [1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 101, 111, 112, 113, 1013])
def test_attempts_are_counted_as_tenacity_counts(number: int) -> None:
    assert o._ordinal(number) == tenacity._utils.to_ordinal(number)


def test_no_traceback_is_told_unless_asked_for(
    caplog: pytest.LogCaptureFixture, slept: list[float]
) -> None:
    flaky = Flaky(1)
    told = o.before_sleep_log(logging.getLogger("told"), logging.WARNING)

    @o.retry_when(o.RetryPolicy(before_sleep=told))
    def fetch() -> Any:
        return flaky()

    fetch()
    name = f"{__name__}.{fetch.__qualname__}"
    assert caplog.messages == [f"Retrying {name} in 0 seconds as it raised ConnectionError: 0."]


# --- policies beside tenacity's ------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """The same strategy twice; ``shown`` for who reads a failure."""

    ours: Any
    theirs: Any
    shown: str

    def __repr__(self) -> str:
        return self.shown


def pairs(name: str, their_name: str, **parameters: tuple[str, st.SearchStrategy[Any]]) -> Any:
    """``parameters``: our keyword, tenacity's, and the values."""

    def made(values: dict[str, Any]) -> Pair:
        theirs = {parameters[key][0]: value for key, value in values.items()}
        return Pair(
            getattr(o, name)(**values),
            getattr(tenacity, their_name)(**theirs),
            f"{name}({', '.join(f'{k}={v!r}' for k, v in values.items())})",
        )

    return st.fixed_dictionaries({}, optional={k: v[1] for k, v in parameters.items()}).map(made)


def required(name: str, their_name: str, values: st.SearchStrategy[Any]) -> Any:
    return values.map(
        lambda value: Pair(
            getattr(o, name)(value), getattr(tenacity, their_name)(value), f"{name}({value!r})"
        )
    )


def saying(name: str, key: str, value: str) -> Pair:
    given = {key: value}
    shown = f"{name}({key}={value!r})"
    return Pair(getattr(o, name)(**given), getattr(tenacity, name)(**given), shown)


SECONDS = st.one_of(
    st.integers(-1, 20),
    st.floats(0, 20),
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(minutes=1)),
)
FACTORS = st.one_of(st.integers(0, 5), st.floats(0, 5))
BASES = st.one_of(st.integers(1, 5), st.floats(0.5, 5))

ONE_WAIT = st.one_of(
    required("wait_fixed", "wait_fixed", SECONDS),
    pairs("wait_random", "wait_random", minimum=("min", SECONDS), maximum=("max", SECONDS)),
    pairs(
        "wait_incrementing",
        "wait_incrementing",
        start=("start", SECONDS),
        increment=("increment", SECONDS),
        maximum=("max", SECONDS),
    ),
    *(
        pairs(
            name,
            name,
            multiplier=("multiplier", FACTORS),
            maximum=("max", SECONDS),
            exp_base=("exp_base", BASES),
            minimum=("min", SECONDS),
        )
        for name in ("wait_exponential", "wait_random_exponential")
    ),
    pairs(
        "wait_exponential_jitter",
        "wait_exponential_jitter",
        initial=("multiplier", FACTORS),
        maximum=("max", SECONDS),
        exp_base=("exp_base", BASES),
        jitter=("jitter", SECONDS),
        minimum=("min", SECONDS),
    ),
)


def several(ours: str, theirs: Callable[..., Any], least: int = 1) -> Callable[[Any], Any]:
    def of(one: Any) -> Any:
        return st.lists(one, min_size=least, max_size=3).map(
            lambda found: Pair(
                getattr(o, ours)(*(each.ours for each in found)),
                theirs(*(each.theirs for each in found)),
                f"{ours}({', '.join(map(repr, found))})",
            )
        )

    return of


WAITS = st.one_of(
    ONE_WAIT,
    several("wait_combine", tenacity.wait_combine)(ONE_WAIT),
    several("wait_chain", tenacity.wait_chain)(ONE_WAIT),
)
ONE_STOP = st.one_of(
    st.just(Pair(o.stop_never, tenacity.stop_never, "stop_never")),
    required("stop_after_attempt", "stop_after_attempt", st.integers(0, 6)),
    required("stop_after_delay", "stop_after_delay", SECONDS),
    required("stop_before_delay", "stop_before_delay", SECONDS),
)
STOPS = st.one_of(
    ONE_STOP,
    several("any_of", tenacity.stop_any, 0)(ONE_STOP),
    several("all_of", tenacity.stop_all, 0)(ONE_STOP),
)
TYPES = st.sampled_from(
    [OSError, (KeyError, ConnectionError), Exception, BaseException, asyncio.CancelledError]
)
ONE_RETRY = st.one_of(
    *(
        required(name, name, TYPES)
        for name in (
            "retry_if_exception_type",
            "retry_if_not_exception_type",
            "retry_if_exception_cause_type",
        )
    ),
    required("retry_if_result", "retry_if_result", st.sampled_from([bool, callable])),
    required("retry_if_not_result", "retry_if_not_result", st.sampled_from([bool, callable])),
    *(
        values.map(partial(saying, name, key))
        for name in ("retry_if_exception_message", "retry_if_not_exception_message")
        for key, values in (("message", st.just("down")), ("match", st.sampled_from(["do", "k"])))
    ),
)
RETRIES = st.one_of(
    ONE_RETRY,
    several("any_of", tenacity.retry_any, 0)(ONE_RETRY),
    several("all_of", tenacity.retry_all, 0)(ONE_RETRY),
)


def caused() -> Exception:
    error = LookupError("up")
    error.__cause__ = ConnectionError("down")
    return error


OUTCOMES = st.one_of(
    st.sampled_from([0, "", "value", len]),
    st.sampled_from(
        [OSError("down"), KeyError("k"), ConnectionError("down under"), asyncio.CancelledError()]
    ),
    st.builds(caused),
    st.just(tenacity.TryAgain()),
)


OVER, ENDLESS = SystemExit("no outcome left"), KeyboardInterrupt("too many waits")


@settings(max_examples=300, deadline=None)
@given(
    stop=STOPS,
    wait=WAITS,
    retry=RETRIES,
    reraise=st.booleans(),
    spans=st.lists(st.floats(0, 10), max_size=3),
    outcomes=st.lists(OUTCOMES, min_size=1, max_size=8),
    seed=st.integers(0, 10**6),
)
def test_policy_does_as_tenacitys(
    stop: Pair,
    wait: Pair,
    retry: Pair,
    reraise: bool,
    spans: list[float],
    outcomes: list[Any],
    seed: int,
) -> None:
    """The same history gives the same waits, drawn from the same random numbers, and the same
    end: the value, or the exception with its cause."""

    def run(make: Callable[[Callable[[], Any], Callable[[float], None]], Any]) -> Any:
        clock = [0.0]
        story: list[Any] = []

        def attempt() -> Any:
            n = sum(entry == "attempt" for entry in story)
            story.append("attempt")
            clock[0] += spans[n % len(spans)] if spans else 0.0
            if n >= len(outcomes):
                raise OVER
            outcome = outcomes[n]
            if isinstance(outcome, BaseException):
                raise outcome.with_traceback(None)
            return outcome

        def sleep(duration: float) -> None:
            story.append(("sleep", float(duration)))
            clock[0] += duration
            if len(story) > 40:
                raise ENDLESS

        random.seed(seed)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(time, "monotonic", lambda: clock[0])
            try:
                story.append(("value", make(attempt, sleep)))
            except BaseException as error:
                cause = error.__cause__
                last = getattr(error, "last_attempt", None)
                number = last.attempt_number if last is not None else None
                told = None if last is not None else error
                story.append((type(error).__name__, told, cause, number))
        return story, random.random()

    ours = run(
        lambda attempt, sleep: o.retry_when(
            o.RetryPolicy(
                stop=stop.ours, wait=wait.ours, retry=retry.ours, reraise=reraise, sleep=sleep
            )
        )(attempt)()
    )
    theirs = run(
        lambda attempt, sleep: tenacity.Retrying(
            stop=stop.theirs, wait=wait.theirs, retry=retry.theirs, reraise=reraise, sleep=sleep
        )(attempt)
    )
    assert len(ours[0]) == len(theirs[0])
    for mine, other in zip(ours[0], theirs[0], strict=True):
        if mine[0] == "sleep":
            assert math.isclose(mine[1], other[1], rel_tol=1e-12)
        else:
            assert mine == other
    assert ours[1] == theirs[1]
