"""Two signals: one that lets nothing more start, and one that ends what runs."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite
import reactivex as rx
from reactivex import Observable
from reactivex import operators as ops
from reactivex.subject import BehaviorSubject

from codemods.verify.patterns.database import ask, connected, new_database
from codemods.verify.patterns.examine import (
    Evidence,
    Numbers,
    Traffic,
    cancel_everywhere,
    examine,
    expect,
    milliseconds,
)
from transforms.runtime.operators import flat_map, fork_join, last_value_from, shutdown_gate

_SCHEMA = "CREATE TABLE facts (number INTEGER PRIMARY KEY)"
_ITEMS, _PLACES = 20, 5
_MARGIN = 0.1
"""Seconds within which a signal must have had its effect."""


async def shutdown() -> tuple[bool, Evidence]:
    """Stop accepting while five writes are in flight; then what a shutdown can meet."""
    return await examine(
        [
            in_the_middle,
            control_with_take_until,
            five_streams,
            before_the_start,
            twice,
            after_the_end,
            in_an_emergency,
            drained_and_then_killed,
            from_a_signal_handler,
            from_an_async_signal_handler,
            from_another_thread,
            with_an_error_inside,
            cancelled_at_every_await_point,
        ]
    )


class _Signals:
    """The two signals, and when they fired."""

    def __init__(self) -> None:
        self.stop_accepting = BehaviorSubject(False)
        self.force_kill = BehaviorSubject(False)
        self.stopped_at = 0.0
        self.killed_at = 0.0

    def stop(self) -> None:
        self.stopped_at = self.stopped_at or time.monotonic()
        self.stop_accepting.on_next(True)

    def kill(self) -> None:
        self.killed_at = self.killed_at or time.monotonic()
        self.force_kill.on_next(True)

    def gate(self, source: Observable[int]) -> Observable[int]:
        return shutdown_gate(source, self.stop_accepting, self.force_kill)


class _Writes:
    """Slow writes on one connection; knows when each began and ended."""

    def __init__(self, path: Path, connection: aiosqlite.Connection) -> None:
        self.path = path
        self.connection = connection
        self.signals = _Signals()
        self.traffic = Traffic()
        self.began: list[float] = []
        self.ended: list[float] = []
        self.inserting = 0
        self.at_least = 0.03
        self.cleaned = 0

    async def write(self, number: int) -> int:
        self.began.append(time.monotonic())
        with self.traffic.passing():
            try:
                await asyncio.sleep(self.at_least + 0.02 * (number % _PLACES))
                self.inserting += 1
                await self.connection.execute("INSERT INTO facts VALUES (?)", (number,))
                self.inserting -= 1
            except asyncio.CancelledError:
                await asyncio.sleep(0.02)
                self.cleaned += 1
                raise
            finally:
                self.ended.append(time.monotonic())
            return number

    async def all(self, source: Observable[int] | None = None) -> list[int]:
        items = self.signals.gate(rx.range(_ITEMS)) if source is None else source
        return await last_value_from(
            items.pipe(flat_map(self.write, max_concurrent=_PLACES), ops.to_list())
        )

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await asyncio.sleep(0.001)

    async def until_in_flight(self) -> None:
        await self.until(lambda: self.traffic.inside == _PLACES)

    def rows(self) -> int:
        return ask(self.path, "SELECT count(*) FROM facts")[0][0]

    def started_after(self, instant: float) -> int:
        return sum(began > instant for began in self.began)


@asynccontextmanager
async def _writing() -> AsyncIterator[_Writes]:
    with new_database(_SCHEMA) as path:
        async with connected(path) as connection:
            yield _Writes(path, connection)


async def _drained(fire: Callable[[_Signals], None]) -> tuple[_Writes, list[int], Numbers]:
    """Fire the first signal while five writes are in flight, and look at how it ends."""
    async with _writing() as writes:
        signals = writes.signals
        run = asyncio.ensure_future(writes.all())
        await writes.until_in_flight()
        in_flight = writes.traffic.inside
        fire(signals)
        results = await run
        over = time.monotonic()
        landed = writes.rows()
        late = writes.started_after(signals.stopped_at)
    expect(in_flight == _PLACES, f"{in_flight} in flight")
    expect(landed == _PLACES, f"{landed} rows landed")
    expect(results == list(range(_PLACES)), f"results {results}")
    expect(late == 0, f"{late} writes started after the signal")
    expect(writes.traffic.cancelled == 0, f"{writes.traffic.cancelled} cancelled")
    after_last = over - max(writes.ended)
    expect(after_last < _MARGIN, f"{after_last:.3f} s from the last write to the end")
    numbers: Numbers = {
        "in flight": in_flight,
        "rows landed": landed,
        "started after it": late,
        "signal to last write (ms)": milliseconds(max(writes.ended) - signals.stopped_at),
        "last write to end (ms)": milliseconds(after_last),
    }
    return writes, results, numbers


async def in_the_middle() -> Numbers:
    _, _, numbers = await _drained(lambda signals: signals.stop())
    return numbers


async def control_with_take_until() -> Numbers:
    """``take_until`` in the gate's place must be found out: the check can fail."""
    async with _writing() as writes:
        signals = writes.signals
        stop = signals.stop_accepting.pipe(ops.filter(bool))
        run = asyncio.ensure_future(writes.all(rx.range(_ITEMS).pipe(ops.take_until(stop))))
        await writes.until_in_flight()
        signals.stop()
        await run
        late = writes.started_after(signals.stopped_at)
    expect(late == _ITEMS - _PLACES, f"{late} writes started after the signal")
    return {"started after it": late}


async def five_streams() -> Numbers:
    """Five streams of ten items 50 ms apart, the signal at 200 ms."""
    signals, emitted = _Signals(), list[float]()

    def note(_: int) -> None:
        emitted.append(time.monotonic())

    def stream(_: int) -> Observable[list[int]]:
        ticks = rx.timer(0, 0.05).pipe(ops.take(10))
        return signals.gate(ticks).pipe(ops.do_action(note), ops.to_list())

    run = asyncio.ensure_future(last_value_from(fork_join(*map(stream, range(5)))))
    await asyncio.sleep(0.2)
    signals.stop()
    counts = [len(items) for items in await run]
    latency = time.monotonic() - signals.stopped_at
    late = sum(at > signals.stopped_at for at in emitted)
    expect(latency < 0.1, f"{latency:.3f} s from the signal to the end of all streams")
    expect(late == 0, f"{late} items after the signal")
    expect(all(1 < count < 10 for count in counts), f"items {counts}")
    return {
        "items of each stream": counts,
        "items after the signal": late,
        "last item before it (ms)": milliseconds(signals.stopped_at - max(emitted)),
        "signal to end (ms)": milliseconds(latency),
    }


async def before_the_start() -> Numbers:
    """A signal that remembers stops a pipeline that is subscribed to later; ever after, too."""
    async with _writing() as writes:
        signals = writes.signals
        signals.stop()
        source = signals.gate(rx.range(_ITEMS))
        first, again = await writes.all(source), await writes.all(source)
        expect(first == again == [], f"results {first}, {again}")
        expect(writes.traffic.started == 0, f"{writes.traffic.started} started")
        return {"started": writes.traffic.started, "rows": writes.rows()}


async def twice() -> Numbers:
    def fire(signals: _Signals) -> None:
        signals.stop()
        signals.stop()

    _, _, numbers = await _drained(fire)
    return numbers


async def after_the_end() -> Numbers:
    """All has been done, and nobody listens any more."""
    async with _writing() as writes:
        signals = writes.signals
        results = await writes.all()
        listening = len(signals.stop_accepting.observers) + len(signals.force_kill.observers)
        signals.stop()
        signals.kill()
        expect(results == list(range(_ITEMS)), f"results {results}")
        expect(writes.rows() == _ITEMS, f"{writes.rows()} rows")
        expect(listening == 0, f"{listening} subscriptions to the signals left")
        expect(writes.traffic.ceiling == _PLACES, f"{writes.traffic.ceiling} at a time")
        return {
            "rows": writes.rows(),
            "at a time": writes.traffic.ceiling,
            "still listening": listening,
        }


async def in_an_emergency() -> Numbers:
    """The second signal cancels what runs, and the caller goes on after the cleanup."""
    async with _writing() as writes:
        signals = writes.signals
        run = asyncio.ensure_future(writes.all())
        traffic = writes.traffic
        await writes.until(
            lambda: traffic.finished >= 2 and traffic.inside > 2 and not writes.inserting
        )
        finished = writes.traffic.finished
        inside = writes.traffic.inside
        signals.stop()
        signals.kill()
        signals.kill()
        results = await run
        latency = time.monotonic() - signals.killed_at
        rows, left = writes.rows(), writes.traffic.inside
        late = writes.started_after(signals.killed_at)
    expect(left == 0, f"{left} writes still run")
    expect(writes.cleaned == writes.traffic.cancelled > 0, f"{writes.cleaned} cleaned up")
    # The kill comes in the loop's next turn: a write may end, or have its row sent, before it.
    ended = f"{len(results)} results, {rows} rows"
    expect(len(results) + writes.cleaned == finished + inside, ended)
    expect(len(results) <= rows <= len(results) + writes.inserting, ended)
    expect(late == 0, f"{late} writes started after it")
    expect(0.02 <= latency < 0.5, f"{latency:.3f} s from the signal to the end")
    return {
        "in flight": inside,
        "cleaned up": writes.cleaned,
        "rows": rows,
        "results": len(results),
        "started after it": late,
        "signal to end (ms)": milliseconds(latency),
    }


async def drained_and_then_killed() -> Numbers:
    """The first signal, and the second when the drain takes too long."""
    async with _writing() as writes:
        signals = writes.signals
        writes.at_least = 5.0  # none ends before the kill, however slow the machine is
        run = asyncio.ensure_future(writes.all())
        await writes.until_in_flight()
        signals.stop()
        await asyncio.sleep(0.015)
        signals.kill()
        results = await run
        latency = time.monotonic() - signals.killed_at
        rows = writes.rows()
    expect(results == [] and rows == 0, f"{len(results)} results, {rows} rows")
    expect(writes.cleaned == _PLACES, f"{writes.cleaned} cleaned up")
    expect(writes.started_after(signals.stopped_at) == 0, "writes started after the signal")
    expect(latency < 0.5, f"{latency:.3f} s from the signal to the end")
    return {"cleaned up": writes.cleaned, "kill to end (ms)": milliseconds(latency)}


async def from_a_signal_handler() -> Numbers:
    """A handler of the interpreter's, which may come in the middle of anything."""
    handled: list[int] = []

    def fire(signals: _Signals) -> None:
        def handler(number: int, frame: object) -> None:
            handled.append(number)
            signals.stop()

        signal.signal(signal.SIGUSR1, handler)
        os.kill(os.getpid(), signal.SIGUSR1)

    previous = signal.getsignal(signal.SIGUSR1)
    try:
        _, _, numbers = await _drained(fire)
    finally:
        signal.signal(signal.SIGUSR1, previous)
    expect(len(handled) == 1, f"handled {len(handled)} times")
    return numbers


async def from_an_async_signal_handler() -> Numbers:
    loop, handled = asyncio.get_running_loop(), list[float]()

    def fire(signals: _Signals) -> None:
        def handler() -> None:
            handled.append(time.monotonic())
            signals.stop()

        loop.add_signal_handler(signal.SIGUSR2, handler)
        os.kill(os.getpid(), signal.SIGUSR2)

    try:
        _, _, numbers = await _drained(fire)
    finally:
        loop.remove_signal_handler(signal.SIGUSR2)
    expect(len(handled) == 1, f"handled {len(handled)} times")
    return numbers


async def from_another_thread() -> Numbers:
    """The loop sleeps while the signal comes, and must be woken."""
    signals, idents = _Signals(), set[int]()
    started = asyncio.Event()

    async def sleep(_: int) -> None:
        started.set()
        await asyncio.sleep(30)

    def fire() -> None:
        idents.add(threading.get_ident())
        time.sleep(0.02)
        signals.stop()
        signals.kill()

    source = signals.gate(rx.range(3)).pipe(flat_map(sleep, max_concurrent=1), ops.to_list())
    run = asyncio.ensure_future(last_value_from(source))
    await started.wait()
    thread = threading.Thread(target=fire)
    thread.start()
    results = await run
    latency = time.monotonic() - signals.killed_at
    thread.join()
    expect(results == [], f"results {results}")
    expect(threading.get_ident() not in idents, "it was no other thread")
    expect(latency < _MARGIN, f"{latency:.3f} s from the signal to the end")
    writes, _, numbers = await _drained(
        lambda signals: threading.Thread(target=signals.stop).start()
    )
    expect(writes.signals.stopped_at > 0, "no signal")
    return {**numbers, "waking a sleeping loop (ms)": milliseconds(latency)}


async def with_an_error_inside() -> Numbers:
    """After an error the others go on, as gather has it; the signal still stops the rest."""
    signals, traffic = _Signals(), Traffic()
    error = LookupError("inside")

    async def work(item: int) -> int:
        with traffic.passing():
            await asyncio.sleep(0.01)
            if item == 1:
                raise error
            return item

    source = signals.gate(rx.range(_ITEMS)).pipe(flat_map(work, max_concurrent=2), ops.to_list())
    try:
        await last_value_from(source)
    except LookupError as raised:
        expect(raised is error, "another exception")
    else:
        expect(False, "the error was lost")
    at_the_error = traffic.started
    while traffic.started < at_the_error + 2:
        await asyncio.sleep(0.001)
    signals.stop()
    at_the_stop = traffic.started
    await asyncio.sleep(0.1)
    expect(traffic.inside == 0, f"{traffic.inside} still run")
    late = traffic.started - at_the_stop
    expect(late == 0, f"{late} started after it")
    expect(at_the_stop < _ITEMS, "all had started already")
    left = len(signals.stop_accepting.observers)
    expect(left == 0, f"{left} subscriptions left")
    return {
        "started at the error": at_the_error,
        "at the signal": at_the_stop,
        "after it": late,
    }


async def cancelled_at_every_await_point() -> Numbers:
    """Nothing runs on and nobody listens, whether the signal has come or not."""
    signals_of_runs: list[_Signals] = []
    traffic = Traffic()

    async def run() -> None:
        signals = _Signals()
        signals_of_runs.append(signals)

        async def work(item: int) -> int:
            with traffic.passing():
                await asyncio.sleep(0.001)
                if item == 3:
                    signals.stop()
                await asyncio.sleep(0.001)
                return item

        source = signals.gate(rx.range(10)).pipe(flat_map(work, max_concurrent=2), ops.to_list())
        await last_value_from(source)

    async def check() -> None:
        signals = signals_of_runs[-1]
        left = len(signals.stop_accepting.observers) + len(signals.force_kill.observers)
        expect(left == 0, f"{left} subscriptions to the signals left")
        expect(traffic.inside == 0, f"{traffic.inside} still run")

    numbers = await cancel_everywhere(run, check)
    expect(traffic.cancelled > 0, "nothing was cancelled")
    return {**numbers, "items cancelled": traffic.cancelled}
