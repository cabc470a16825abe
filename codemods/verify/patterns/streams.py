"""Concurrent streams of inserts through aiosqlite, on the loop of a plain ``asyncio.run``."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiosqlite
import reactivex as rx
from reactivex import Observable
from reactivex import operators as ops

from codemods.verify.patterns.database import ask, connected, new_database
from codemods.verify.patterns.examine import (
    Evidence,
    Numbers,
    Traffic,
    cancel_everywhere,
    examine,
    expect,
    failing_observer,
    settle,
)
from transforms.runtime.operators import concat_map, flat_map, last_value_from

_SCHEMA = "CREATE TABLE facts (stream INTEGER, number INTEGER, UNIQUE (stream, number))"
_STREAMS, _INSERTS = 10, 3
_Stream = Callable[[int], Awaitable[int]]


async def streams() -> tuple[bool, Evidence]:
    """Ten concurrent streams of three inserts."""
    return await examine(
        [
            on_one_connection,
            on_a_connection_each,
            with_an_error_in_one_stream,
            with_an_observer_that_raises,
            subscribed_to_twice,
            cancelled_at_every_await_point,
        ]
    )


async def _insert(connection: aiosqlite.Connection, stream: int, number: int) -> int:
    await connection.execute("INSERT INTO facts VALUES (?, ?)", (stream, number))
    return number


def _stream(connection: aiosqlite.Connection, traffic: Traffic, inserts: int) -> _Stream:
    async def run(stream: int) -> int:
        with traffic.passing():

            def insert(number: int) -> Awaitable[int]:
                return _insert(connection, stream, number)

            await last_value_from(rx.range(inserts).pipe(concat_map(insert)))
            return stream

    return run


def _all(streams: int, run: _Stream) -> Observable[list[int]]:
    return rx.range(streams).pipe(flat_map(run), ops.to_list())


def _check_rows(path: Path, times: int = 1) -> Numbers:
    rows = ask(path, "SELECT stream, number FROM facts ORDER BY rowid")
    expect(len(rows) == times * _STREAMS * _INSERTS, f"{len(rows)} rows")
    in_order = True
    for stream in {stream for stream, _ in rows}:
        numbers = [number for other, number in rows if other == stream]
        in_order &= numbers == sorted(numbers) and len(numbers) == _INSERTS
    expect(in_order, "a stream lost the order of its inserts")
    changes = sum(a[0] != b[0] for a, b in pairwise(rows))
    expect(changes > _STREAMS, f"the streams did not run side by side: {changes} changes of stream")
    return {"rows": len(rows), "changes of stream": changes}


async def on_one_connection() -> Numbers:
    traffic = Traffic()
    with new_database(_SCHEMA) as path:
        async with connected(path) as connection:
            done = await last_value_from(_all(_STREAMS, _stream(connection, traffic, _INSERTS)))
        expect(done == list(range(_STREAMS)), f"results {done}")
        expect(traffic.ceiling == _STREAMS, f"{traffic.ceiling} streams at a time")
        return {**_check_rows(path), "streams at a time": traffic.ceiling}


async def on_a_connection_each() -> Numbers:
    traffic = Traffic()

    async def run(stream: int) -> int:
        async with connected(path) as connection:
            return await _stream(connection, traffic, _INSERTS)(stream)

    with new_database(_SCHEMA) as path:
        done = await last_value_from(_all(_STREAMS, run))
        expect(done == list(range(_STREAMS)), f"results {done}")
        expect(traffic.ceiling > 1, "no two connections at a time")
        rows = ask(path, "SELECT count(*), count(DISTINCT stream) FROM facts")[0]
        expect(rows == (_STREAMS * _INSERTS, _STREAMS), f"rows, streams: {rows}")
        return {"rows": rows[0], "connections at a time": traffic.ceiling}


async def with_an_error_in_one_stream() -> Numbers:
    """The error comes out at once and as it is; the other streams go on to their ends."""
    traffic = Traffic()
    with new_database(_SCHEMA) as path:
        async with connected(path) as connection:
            await _insert(connection, 4, 1)
            try:
                await last_value_from(_all(_STREAMS, _stream(connection, traffic, _INSERTS)))
            except sqlite3.IntegrityError:
                at_the_error = traffic.finished
            else:
                expect(False, "the error was lost")
            while traffic.inside:
                await asyncio.sleep(0.001)
        rows = ask(path, "SELECT count(*) FROM facts WHERE stream != 4")[0][0]
        expect(rows == (_STREAMS - 1) * _INSERTS, f"{rows} rows of the other streams")
        of_it = ask(path, "SELECT count(*) FROM facts WHERE stream = 4")[0][0]
        expect(of_it == 2, f"{of_it} rows of the stream that failed")
        expect(traffic.cancelled == 0, f"{traffic.cancelled} streams cancelled")
        expect(at_the_error < _STREAMS - 1, "the error waited for the other streams")
        return {
            "rows of the others": rows,
            "rows of it": of_it,
            "streams done at the error": at_the_error,
            "streams done at last": traffic.finished,
        }


async def with_an_observer_that_raises() -> Numbers:
    """The caller gets the exception, instead of waiting for ever."""
    error, traffic = LookupError("an observer"), Traffic()
    with new_database(_SCHEMA) as path:
        async with connected(path) as connection:
            run = _stream(connection, traffic, _INSERTS)
            try:
                await last_value_from(rx.range(3).pipe(flat_map(run), failing_observer(error)))
            except LookupError as raised:
                expect(raised is error, "another exception")
            else:
                expect(False, "the exception was lost")
            while traffic.inside:
                await asyncio.sleep(0.001)
            await settle()
        return {"rows": ask(path, "SELECT count(*) FROM facts")[0][0]}


async def subscribed_to_twice() -> Numbers:
    """The second subscription does all the work again, and nothing of the first."""
    traffic, runs = Traffic(), 0

    def source(_: Any) -> Observable[int]:
        nonlocal runs
        runs += 1
        return rx.range((runs - 1) * _STREAMS, runs * _STREAMS)

    with new_database(_SCHEMA) as path:
        async with connected(path) as connection:
            run = _stream(connection, traffic, _INSERTS)
            pipeline = rx.defer(source).pipe(flat_map(run), ops.to_list())
            first = await last_value_from(pipeline)
            second = await last_value_from(pipeline)
        expect(first == list(range(_STREAMS)), f"first results {first}")
        expect(second == [n + _STREAMS for n in first], f"second results {second}")
        return _check_rows(path, times=2)


async def cancelled_at_every_await_point() -> Numbers:
    """Nothing runs on, the connection serves, and each stream wrote a beginning of its rows."""
    traffic = Traffic()
    with new_database(_SCHEMA) as path:
        async with connected(path) as connection:

            async def check() -> None:
                expect(traffic.inside == 0, f"{traffic.inside} streams still inside")
                rows = await connection.execute_fetchall(
                    "SELECT count(*) = max(number) + 1 FROM facts GROUP BY stream"
                )
                expect(all(row[0] for row in rows), "a stream has a gap")
                await connection.execute("DELETE FROM facts")

            run = _stream(connection, traffic, _INSERTS)
            numbers = await cancel_everywhere(lambda: last_value_from(_all(4, run)), check)
        expect(traffic.cancelled > 0, "no stream was cancelled")
        return {**numbers, "streams cancelled": traffic.cancelled}
