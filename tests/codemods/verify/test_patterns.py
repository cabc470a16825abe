"""The patterns pass, and what judges them can say no.

A pattern takes seconds of real time; they are run here once each, as the command runs them.
"""

from __future__ import annotations

import asyncio
import io
import json
import warnings

import pytest

from codemods.verify import patterns
from codemods.verify.patterns import PATTERNS, Result, run_pattern, run_patterns
from codemods.verify.patterns.examine import (
    Evidence,
    Finding,
    Numbers,
    Variant,
    cancel_everywhere,
    examine,
    expect,
)


@pytest.mark.parametrize("name", PATTERNS)
def test_pattern(name: str) -> None:
    result = run_pattern(name)
    assert result.passed, [finding for finding in result.evidence if not finding.passed]
    assert all(finding.numbers for finding in result.evidence)


async def measures_nothing() -> Numbers:
    return {}


async def disappoints() -> Numbers:
    expect(1 + 1 == 3, "not three")
    return {"sum": 2}


async def raises() -> Numbers:
    raise LookupError("inside")


async def leaves_a_task() -> Numbers:
    task = asyncio.ensure_future(asyncio.sleep(60))
    return {"tasks done": int(task.done())}


async def loses_an_exception() -> Numbers:
    async def fail() -> None:
        raise LookupError("nobody asks")

    task = asyncio.ensure_future(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    return {"tasks": 1}


async def warns() -> Numbers:
    warnings.warn("careful", RuntimeWarning, stacklevel=1)
    return {"warnings": 1}


@pytest.mark.parametrize(
    ("variant", "problem"),
    [
        (measures_nothing, "measured nothing"),
        (disappoints, "not three"),
        (raises, "raised LookupError('inside')"),
        (leaves_a_task, "left a task"),
        (loses_an_exception, "exception was never retrieved"),
        (warns, "RuntimeWarning: careful"),
    ],
)
def test_variant_that_must_fail(variant: Variant, problem: str) -> None:
    passed, (finding,) = asyncio.run(examine([variant]))
    assert not passed
    assert problem in finding.problem


def test_work_that_survives_its_caller_is_found() -> None:
    async def leaves_work() -> None:
        work = asyncio.ensure_future(asyncio.sleep(0.05))
        await asyncio.wait({work})

    async def nothing() -> None:
        pass

    async def variant() -> Numbers:
        return await cancel_everywhere(leaves_work, nothing)

    passed, (finding,) = asyncio.run(examine([variant]))
    assert not passed
    assert "tasks run on" in finding.problem


@pytest.mark.parametrize("passed", [True, False])
def test_status_and_verdict(passed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    async def pattern() -> tuple[bool, Evidence]:
        problem = "" if passed else "29 rows"
        return passed, (Finding("a variant", passed, {"rows": 29, "ms": [1.5, 2]}, problem),)

    monkeypatch.setattr(patterns, "PATTERNS", {"streams": pattern})
    text, data = io.StringIO(), io.StringIO()
    assert run_patterns("text", stream=text) == run_patterns("json", stream=data) == (not passed)
    assert text.getvalue().splitlines()[-1].startswith("GO: " if passed else "NO-GO: streams ")
    assert "rows 29, ms 1.5/2" in text.getvalue()
    report = json.loads(data.getvalue())
    assert report["verdict"] == ("GO" if passed else "NO-GO")
    assert report["patterns"][0]["evidence"][0]["numbers"] == {"rows": 29, "ms": [1.5, 2]}


def test_pattern_that_breaks_is_no_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    async def pattern() -> tuple[bool, Evidence]:
        raise LookupError("broken")

    monkeypatch.setattr(patterns, "PATTERNS", {"streams": pattern})
    result: Result = run_pattern("streams")
    assert not result.passed
    assert "broken" in result.evidence[0].problem
