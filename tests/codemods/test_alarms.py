"""Which alarms are set, and what they do: with a clock of the test's own."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

import pytest

from codemods import alarms
from codemods.alarms import Limit, TooLongError, deadly, prepare, raising, was_late

LIMIT = Limit(processor=120, wall=1800)
SET = [(signal.ITIMER_PROF, 120), (signal.ITIMER_REAL, 1800)]
UNSET = [(signal.ITIMER_PROF, 0), (signal.ITIMER_REAL, 0)]


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, float]]:
    """What is asked of the system."""
    calls: list[tuple[int, float]] = []
    monkeypatch.setattr(signal, "setitimer", lambda which, value: calls.append((which, value)))
    return calls


@pytest.mark.parametrize("bound", [deadly, raising])
def test_both_times_are_bounded_while_something_is_done(
    timers: list[tuple[int, float]], bound: Callable[..., object]
) -> None:
    with bound(LIMIT):  # type: ignore[attr-defined]
        assert timers == SET
    assert timers == SET + UNSET


@pytest.mark.parametrize("bound", [deadly, raising])
def test_an_error_ends_the_bound(
    timers: list[tuple[int, float]], bound: Callable[..., object]
) -> None:
    with pytest.raises(KeyError), bound(LIMIT):  # type: ignore[attr-defined]
        raise KeyError
    assert timers == SET + UNSET


@pytest.mark.parametrize("number", [signal.SIGPROF, signal.SIGALRM])
def test_either_of_them_raises(timers: list[tuple[int, float]], number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(TooLongError), raising(LIMIT):
        signal.raise_signal(number)
    assert signal.getsignal(number) == before
    assert timers == SET + UNSET


def test_another_thread_is_not_bounded(timers: list[tuple[int, float]]) -> None:
    def work() -> None:
        with raising(LIMIT):
            pass

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert timers == []


@pytest.mark.parametrize(
    ("status", "late"),
    [
        (-signal.SIGPROF, True),
        (-signal.SIGALRM, True),
        (-signal.SIGSEGV, False),
        (-signal.SIGKILL, False),
        (7, False),
        (None, False),
    ],
)
def test_how_a_worker_ended_tells_why(status: int | None, late: bool) -> None:
    # However long it took: a busy machine may let it wait.
    assert was_late(status, 1.0, LIMIT) is late
    assert was_late(status, 5000.0, LIMIT) is late


def test_without_timers_the_time_that_passed_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms, "_HAS_TIMERS", False)
    assert was_late(1, 1800, LIMIT)
    assert not was_late(1, 1799, LIMIT)


def test_without_timers_the_interpreters_own_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    monkeypatch.setattr(alarms, "_HAS_TIMERS", False)
    monkeypatch.setattr(
        alarms.faulthandler,
        "dump_traceback_later",
        lambda seconds, **options: calls.append((seconds, options["exit"])),
    )
    monkeypatch.setattr(
        alarms.faulthandler, "cancel_dump_traceback_later", lambda: calls.append("off")
    )
    prepare()
    with deadly(LIMIT):
        assert calls == [(1800, True)]
    assert calls == [(1800, True), "off"]
    with raising(LIMIT):
        pass
    assert calls == [(1800, True), "off"]


def test_a_worker_is_ended_by_its_alarms() -> None:
    previous = {number: signal.getsignal(number) for number in (signal.SIGPROF, signal.SIGALRM)}
    try:
        for number in previous:
            signal.signal(number, lambda *_: None)
        prepare()
        assert all(signal.getsignal(number) == signal.SIG_DFL for number in previous)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
