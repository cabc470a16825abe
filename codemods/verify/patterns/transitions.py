"""Optimistic transitions on one versioned row of a real file."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path

import aiosqlite
import reactivex as rx

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
from transforms.runtime.operators import (
    ConflictError,
    concat_map,
    do_action,
    fork_join,
    last_value_from,
    occ_transition,
)

_SCHEMA = """
CREATE TABLE counter (id INTEGER PRIMARY KEY, value INTEGER, version INTEGER);
INSERT INTO counter VALUES (1, 0, 0);
CREATE TABLE won (actor INTEGER, version INTEGER);
"""
_ACTORS = 10


async def transitions() -> tuple[bool, Evidence]:
    """Ten concurrent transitions on one row."""
    return await examine(
        [
            ten_at_once,
            control_without_the_version_check,
            more_conflicts_than_attempts,
            another_error,
            nothing_upstream_is_repeated,
            subscribed_to_twice,
            cancelled_at_every_await_point,
        ]
    )


class _Actor:
    """Reads the row, thinks, and writes on the condition that nobody came in between."""

    def __init__(self, number: int, connection: aiosqlite.Connection) -> None:
        self.number = number
        self.connection = connection
        self.reads: list[int] = []
        self.conflicts = 0
        self.checks_version = True

    async def read(self) -> tuple[int, int]:
        async with self.connection.execute("SELECT value, version FROM counter") as cursor:
            row = await cursor.fetchone()
        assert row is not None
        self.reads.append(row[1])
        return row[0], row[1]

    async def write(self, value: int, version: int) -> int:
        condition = "version = ?" if self.checks_version else "? >= 0"
        moved = await self.connection.execute_fetchall(
            "UPDATE counter SET value = ?, version = version + 1"
            f" WHERE {condition} RETURNING version",
            (value + 1, version),
        )
        for row in moved:
            await self.connection.execute("INSERT INTO won VALUES (?, ?)", (self.number, row[0]))
            return int(row[0])
        self.conflicts += 1
        raise ConflictError(f"actor {self.number}, version {version}")


async def _race(path: Path, *, checks_version: bool) -> tuple[list[_Actor], Traffic]:
    start, traffic = asyncio.Barrier(_ACTORS), Traffic()

    async def act(actor: _Actor) -> int:
        async def transition() -> int:
            with traffic.passing():
                found = await actor.read()
                if len(actor.reads) == 1:
                    await start.wait()  # so that conflicts are certain: all have read the same
                return await actor.write(*found)

        return await last_value_from(occ_transition(transition, 100, 0.001, cap=0.02))

    async with AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(connected(path)) for _ in range(_ACTORS)]
        actors = [_Actor(number, connection) for number, connection in enumerate(connections)]
        for actor in actors:
            actor.checks_version = checks_version
        await last_value_from(fork_join(*[act(actor) for actor in actors]))
    return actors, traffic


async def ten_at_once() -> Numbers:
    with new_database(_SCHEMA) as path:
        actors, traffic = await _race(path, checks_version=True)
        value, version = ask(path, "SELECT value, version FROM counter")[0]
        expect((value, version) == (_ACTORS, _ACTORS), f"value {value}, version {version}")
        won = ask(path, "SELECT actor, version FROM won ORDER BY version")
    expect(sorted(actor for actor, _ in won) == list(range(_ACTORS)), f"winners {won}")
    expect([version for _, version in won] == list(range(1, _ACTORS + 1)), f"versions {won}")
    conflicts = sum(actor.conflicts for actor in actors)
    attempts = sum(len(actor.reads) for actor in actors)
    expect(conflicts >= _ACTORS - 1, f"only {conflicts} conflicts")
    expect(attempts == conflicts + _ACTORS, f"{attempts} attempts, {conflicts} conflicts")
    stale = sum(a == b for actor in actors for a, b in pairwise(actor.reads))
    expect(stale == 0, f"{stale} attempts read what an earlier one had read")
    expect(traffic.ceiling == _ACTORS, f"{traffic.ceiling} at a time")
    return {
        "counter": value,
        "conflicts met": conflicts,
        "attempts": attempts,
        "writes of one version": max(Counter(version for _, version in won).values()),
        "transitions at a time": traffic.ceiling,
    }


async def control_without_the_version_check() -> Numbers:
    """The same race must lose updates if nobody looks at the version: the check can fail."""
    with new_database(_SCHEMA) as path:
        await _race(path, checks_version=False)
        value = ask(path, "SELECT value FROM counter")[0][0]
    expect(value < _ACTORS, "no update was lost: the race is none")
    return {"counter": value, "updates lost": _ACTORS - value}


async def more_conflicts_than_attempts() -> Numbers:
    """The last conflict itself comes out, without a wait after it."""
    raised: list[ConflictError] = []
    starts: list[float] = []
    with new_database(_SCHEMA) as path:
        async with connected(path) as connection, connected(path) as other:
            actor, saboteur = _Actor(0, connection), _Actor(1, other)

            async def transition() -> int:
                starts.append(time.monotonic())
                found = await actor.read()
                await saboteur.write(*found)
                try:
                    return await actor.write(*found)
                except ConflictError as error:
                    raised.append(error)
                    raise

            try:
                await last_value_from(occ_transition(transition, base_delay=0.02))
            except ConflictError as error:
                over = time.monotonic() - starts[-1]
                expect(error is raised[-1], "not the last conflict")
            else:
                expect(False, "no conflict came out")
        expect(ask(path, "SELECT count(*) FROM won WHERE actor = 0") == [(0,)], "it won")
    delays = [b - a for a, b in pairwise(starts)]
    expect(len(starts) == 5, f"{len(starts)} attempts")
    for n, delay in enumerate(delays):
        expect(0.02 * 2**n <= delay < 0.02 * 2**n + 0.02 + 1.0, f"delay {n}: {delay:.3f} s")
    expect(over < 1.0, f"{over:.3f} s from the last attempt to its end")
    return {
        "attempts": len(starts),
        "conflicts met": len(raised),
        "delays (ms)": [milliseconds(delay) for delay in delays],
        "end after the last attempt (ms)": milliseconds(over),
    }


async def another_error() -> Numbers:
    attempts = 0
    error = PermissionError("not a conflict")

    async def transition() -> None:
        nonlocal attempts
        attempts += 1
        raise error

    try:
        await last_value_from(occ_transition(transition))
    except PermissionError as raised:
        expect(raised is error, "another exception")
    expect(attempts == 1, f"{attempts} attempts")
    return {"attempts": attempts}


async def nothing_upstream_is_repeated() -> Numbers:
    upstream = attempts = 0

    async def prepare(_: int) -> None:
        nonlocal upstream
        upstream += 1

    async def transition() -> int:
        nonlocal attempts
        attempts += 1
        if attempts % 4:
            raise ConflictError
        return attempts

    step = occ_transition(transition, base_delay=0.001)
    await last_value_from(rx.range(2).pipe(do_action(prepare), concat_map(lambda _: step)))
    expect((upstream, attempts) == (2, 8), f"{upstream} upstream, {attempts} attempts")
    return {"upstream": upstream, "attempts": attempts}


async def subscribed_to_twice() -> Numbers:
    with new_database(_SCHEMA) as path:
        async with connected(path) as connection:
            actor = _Actor(0, connection)

            async def transition() -> int:
                return await actor.write(*await actor.read())

            pipeline = occ_transition(transition)
            versions = [await last_value_from(pipeline), await last_value_from(pipeline)]
        expect(versions == [1, 2], f"versions {versions}")
        expect(actor.reads == [0, 1], f"read {actor.reads}")
        return {"counter": ask(path, "SELECT value FROM counter")[0][0]}


async def cancelled_at_every_await_point() -> Numbers:
    """The row moved by whole steps, and nothing is left half done."""
    with new_database(_SCHEMA) as path:
        async with connected(path) as connection, connected(path) as other:
            actor, saboteur = _Actor(0, connection), _Actor(1, other)

            async def run() -> None:
                attempts = 0

                async def transition() -> int:
                    nonlocal attempts
                    attempts += 1
                    found = await actor.read()
                    if attempts < 3:
                        await saboteur.write(*found)
                    return await actor.write(*found)

                await last_value_from(occ_transition(transition, base_delay=0.001))

            async def check() -> None:
                value, version = await saboteur.read()
                expect(value == version, f"value {value}, version {version}")

            numbers = await cancel_everywhere(run, check)
        expect(actor.conflicts > 0, "no conflict")
        return {**numbers, "conflicts met": actor.conflicts}
