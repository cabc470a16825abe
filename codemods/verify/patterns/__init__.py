"""Five patterns that attack the vendored operators, on a real event loop and real files.

Each pattern is an async function that returns ``(passed, evidence)``. A pattern passes only if
each of its variants measured what it had to and left nothing behind.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from types import MappingProxyType
from typing import TextIO

from codemods.verify.patterns.examine import Evidence, Finding, Number, Pattern
from codemods.verify.patterns.limits import limits
from codemods.verify.patterns.retries import retries
from codemods.verify.patterns.shutdown import shutdown
from codemods.verify.patterns.streams import streams
from codemods.verify.patterns.transitions import transitions

PATTERNS: Mapping[str, Pattern] = MappingProxyType(
    {
        "aiosqlite streams": streams,
        "OCC retry": transitions,
        "dynamic limit": limits,
        "shutdown": shutdown,
        "retry": retries,
    }
)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one pattern."""

    pattern: str
    passed: bool
    seconds: float
    evidence: Evidence


def run_patterns(style: str, *, stream: TextIO | None = None) -> int:
    """Run all patterns and print the evidence; 0 if all pass, else 1.

    Args:
        style: "text" or "json".
        stream: where it goes; None: standard output.
    """
    return 0 if is_go(run_all(style, stream=stream)) else 1


def run_all(style: str, *, stream: TextIO | None = None) -> list[Result]:
    """As ``run_patterns``, for those who go on with the results."""
    out = sys.stdout if stream is None else stream
    results: list[Result] = []
    for name in PATTERNS:
        results.append(run_pattern(name))
        if style == "text":
            print(_as_text(results[-1]), file=out, flush=True)
    if style == "json":
        json.dump(_as_json(results), out, indent=1)
        print(file=out)
    else:
        print(verdict(results), file=out)
    return results


def run_pattern(name: str) -> Result:
    """Run one pattern in an event loop of its own."""
    started = time.perf_counter()
    try:
        passed, evidence = asyncio.run(PATTERNS[name]())
    except Exception as error:  # the pattern itself broke: that is no evidence either
        passed, evidence = False, (Finding(name, False, {}, repr(error)),)
    return Result(name, passed and bool(evidence), time.perf_counter() - started, evidence)


def is_go(results: list[Result]) -> bool:
    return bool(results) and all(result.passed for result in results)


def verdict(results: list[Result]) -> str:
    """One line: GO, or NO-GO with the patterns that cannot be mapped."""
    failed = [result.pattern for result in results if not result.passed]
    variants = sum(len(result.evidence) for result in results)
    seconds = sum(result.seconds for result in results)
    where = f"{len(results)} patterns, {variants} variants, {seconds:.0f} s, {_versions()}"
    if is_go(results):
        return f"GO: {where}"
    return f"NO-GO: {', '.join(failed) or 'nothing was run'} ({where})"


def _versions() -> str:
    python = ".".join(map(str, sys.version_info[:3]))
    return f"Python {python}, reactivex {version('reactivex')}"


def show(numbers: Mapping[str, Number]) -> str:
    """``rows 30, streams at a time 10``"""
    return ", ".join(f"{name} {_show(number)}" for name, number in numbers.items())


def _show(number: Number) -> str:
    return "/".join(map(str, number)) if isinstance(number, list) else str(number)


def _as_text(result: Result) -> str:
    head = f"{result.pattern:20} {_word(result.passed)}  {result.seconds:.1f} s"
    return "\n".join([head, *map(_line, result.evidence)])


def _line(finding: Finding) -> str:
    line = f"  {finding.variant:36} {_word(finding.passed)}  {show(finding.numbers)}"
    return line.rstrip() if finding.passed else f"{line.rstrip()}\n    {finding.problem}"


def _word(passed: bool) -> str:
    return "pass" if passed else "FAIL"


def _as_json(results: list[Result]) -> dict[str, object]:
    return {
        "version": 1,
        "verdict": "GO" if is_go(results) else "NO-GO",
        "python": ".".join(map(str, sys.version_info[:3])),
        "reactivex": version("reactivex"),
        "patterns": [asdict(result) for result in results],
    }
