"""A command run in a folder and, where it is pytest, what it tells of each test."""

from __future__ import annotations

import re
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from codemods.verify.processes import run

Verdict = Literal["passed", "failed", "skipped"]
_WORST: tuple[Verdict, ...] = ("skipped", "passed", "failed")
# What differs between two runs of the same code: addresses, and pytest's numbered folders.
_ACCIDENTAL = re.compile(r"0x[0-9a-fA-F]+|pytest-\d+")


@dataclass(frozen=True, slots=True)
class Test:
    """How one test ended."""

    __test__ = False  # pytest takes it for one of its own otherwise

    verdict: Verdict
    seconds: float = field(default=0.0, compare=False)
    error: str = ""
    """The first line of what it failed with."""

    @property
    def ran(self) -> bool:
        """Whether it is a test that ran, and no file whose tests could not be collected."""
        return self.verdict != "skipped" and self.error != "collection failure"


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """How one run of a command came out."""

    status: int | None
    """The exit status; below 0: ended by a signal; None: its time was up."""
    tests: Mapping[str, Test]
    """By id (``module.Class::test[param]``), in the order in which they ran."""
    seconds: float
    output: str

    def count(self, verdict: Verdict) -> int:
        return sum(each.verdict == verdict for each in self.tests.values())


def run_plain(
    command: Sequence[str], folder: Path, env: Mapping[str, str], timeout: float
) -> SuiteRun:
    """Run a command of which only the exit status and the output are known afterwards.

    See ``processes.run``.
    """
    ended = run(command, folder, env, timeout)
    return SuiteRun(ended.status, {}, ended.seconds, ended.output)


def run_pytest(
    command: Sequence[str], folder: Path, env: Mapping[str, str], timeout: float
) -> SuiteRun:
    """Run a pytest command; the option for JUnit XML is added to it. See ``processes.run``."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "junit.xml"
        ended = run(_reporting(command, report), folder, env, timeout)
        tests = _read(report)
    return SuiteRun(ended.status, tests, ended.seconds, ended.output)


def _reporting(command: Sequence[str], report: Path) -> list[str]:
    """The command with the option at its end, where it comes after one of the user's own."""
    end = command.index("--") if "--" in command else len(command)
    return [*command[:end], f"--junit-xml={report}", *command[end:]]


def _read(report: Path) -> dict[str, Test]:
    try:
        root = ET.parse(report).getroot()
    except (OSError, ET.ParseError):  # it did not get that far
        return {}
    tests: dict[str, Test] = {}
    for case in root.iter("testcase"):
        if not case.get("name"):
            continue  # the test that was cut off
        name = f"{case.get('classname', '')}::{case.get('name', '')}"
        test = _test(case)
        # A test that fails and then fails to clean up is listed twice.
        other = tests.get(name, test)
        worst = max(other, test, key=lambda one: _WORST.index(one.verdict))
        tests[name] = replace(worst, seconds=max(other.seconds, test.seconds))
    return tests


def _test(case: ET.Element) -> Test:
    seconds = float(case.get("time") or 0)
    for word in ("failure", "error"):
        if (found := case.find(word)) is not None:
            lines = (found.get("message") or "").splitlines() or [""]
            return Test("failed", seconds, _ACCIDENTAL.sub("…", lines[0]))
    return Test("skipped" if case.find("skipped") is not None else "passed", seconds)
