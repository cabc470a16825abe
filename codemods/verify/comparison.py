"""Runs on the original and runs on the rewritten copy, compared. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from codemods.verify.suites import SuiteRun, Test

Kind = Literal[
    "newly failing",
    "newly passing",
    "missing",  # it ran on the original only
    "fails otherwise",  # it fails on both, with different errors
    "changed",  # any other change, such as one from passed to skipped
]
KINDS: tuple[Kind, ...] = (
    "newly failing",
    "missing",
    "fails otherwise",
    "newly passing",
    "changed",
)
#: A test is told to be slower from this factor and this many seconds on.
_SLOWER = (1.5, 0.2)
_MOST_LINES = 40
_ACCIDENTAL = re.compile(
    r"0x[0-9a-fA-F]+"
    r"|\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?([.,]\d+)?|\b\d\d:\d\d:\d\d([.,]\d+)?"
    r"|\b\d+([.,]\d+)?(?=\s*(s|ms|sec|secs|seconds|minutes)\b)"
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A test that came out differently; None stands for a test that was not run."""

    kind: Kind
    test: str
    before: Test | None
    after: Test | None
    times: tuple[int, int]
    """In how many of how many runs of the rewritten copy."""


@dataclass(frozen=True, slots=True)
class Slower:
    """Seconds of a test in the fastest runs of each."""

    test: str
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is not as it was. ``slower`` and ``flaky`` are told and do not count."""

    before: SuiteRun
    """The first run on the original."""
    after: SuiteRun
    """The first run on the rewritten copy."""
    runs: int
    """How often each was run."""
    tests: tuple[Difference, ...] = ()
    statuses: tuple[int | None, int | None] | None = None
    """The exit statuses, where they differ; None: the time was up."""
    output: tuple[str, ...] = ()
    """The difference of the outputs (of a command that tells of no tests), as a diff."""
    flaky: tuple[str, ...] = ()
    """What came out differently on the original alone, from one run to the next."""
    slower: tuple[Slower, ...] = ()
    failing: tuple[str, ...] = ()
    """Tests that fail on the original."""

    @property
    def differs(self) -> bool:
        return bool(self.tests or self.statuses or self.output)

    @property
    def hangs(self) -> bool:
        return self.after.status is None

    @property
    def stuck(self) -> str | None:
        """The test in which the rewritten copy hangs: the first one that it did not get to end."""
        missing = (one.test for one in self.tests if one.kind == "missing")
        return next(missing, None) if self.hangs else None


def compare(befores: Sequence[SuiteRun], afters: Sequence[SuiteRun]) -> Comparison:
    """Compare one or more runs of each, in the order in which they were made.

    What is not the same in all runs on the original (a flaky test, an output that tells the time
    of day) is not compared. What is, and is otherwise in any run on the copy, is a difference.
    """
    names = dict.fromkeys(name for run in (*befores, *afters) for name in run.tests)
    flaky = {name for name in names if len({run.tests.get(name) for run in befores}) > 1}
    tests = [_test(name, befores, afters) for name in names if name not in flaky]
    statuses = _statuses(befores, afters)
    plain = not befores[0].tests
    steady = len({_told(run) for run in befores}) == 1
    return Comparison(
        before=befores[0],
        after=afters[0],
        runs=len(befores),
        tests=tuple(one for one in tests if one is not None),
        statuses=statuses,
        output=_output(befores, afters) if plain and steady else (),
        flaky=(*sorted(flaky), *(["the output"] if plain and not steady else [])),
        slower=tuple(_slower(befores, afters)),
        failing=tuple(name for name, test in befores[0].tests.items() if test.verdict == "failed"),
    )


def _test(name: str, befores: Sequence[SuiteRun], afters: Sequence[SuiteRun]) -> Difference | None:
    before = befores[0].tests.get(name)
    others = [run.tests.get(name) for run in afters if run.tests.get(name) != before]
    if not others:
        return None
    after = others[0]
    return Difference(_kind(before, after), name, before, after, (len(others), len(afters)))


def _kind(before: Test | None, after: Test | None) -> Kind:
    if after is None:
        return "missing"
    if after.verdict == "failed":
        failed = before is not None and before.verdict == "failed"
        return "fails otherwise" if failed else "newly failing"
    if before is not None and before.verdict == "failed" and after.verdict == "passed":
        return "newly passing"
    return "changed"


def _statuses(
    befores: Sequence[SuiteRun], afters: Sequence[SuiteRun]
) -> tuple[int | None, int | None] | None:
    before = {run.status for run in befores}
    if len(before) > 1:
        return None
    changed = [run.status for run in afters if run.status not in before]
    return (befores[0].status, changed[0]) if changed else None


def _output(befores: Sequence[SuiteRun], afters: Sequence[SuiteRun]) -> tuple[str, ...]:
    before = _told(befores[0])
    after = next((_told(run) for run in afters if _told(run) != before), before)
    diff = difflib.unified_diff(
        before.splitlines(), after.splitlines(), "before", "after", n=1, lineterm=""
    )
    lines = list(diff)
    left = [f"… {len(lines) - _MOST_LINES} lines more"] if len(lines) > _MOST_LINES else []
    return (*lines[:_MOST_LINES], *left)


def _told(run: SuiteRun) -> str:
    """The output without what differs by accident."""
    return _ACCIDENTAL.sub("…", run.output)


def _slower(befores: Sequence[SuiteRun], afters: Sequence[SuiteRun]) -> list[Slower]:
    factor, seconds = _SLOWER
    found = []
    for name in befores[0].tests:
        before = min((run.tests[name].seconds for run in befores if name in run.tests), default=0)
        after = min((run.tests[name].seconds for run in afters if name in run.tests), default=0)
        if after > before * factor and after > before + seconds:
            found.append(Slower(name, before, after))
    return found
