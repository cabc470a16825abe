"""A test suite run in a folder, and two such runs compared test by test."""

from __future__ import annotations

import subprocess
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Verdict = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """How one run of pytest came out.

    ``verdicts`` are by test id (``module::class::test[param]``); ``output`` is what it printed.
    """

    status: int
    verdicts: Mapping[str, Verdict]
    seconds: float
    output: str

    def count(self, verdict: Verdict) -> int:
        return sum(each == verdict for each in self.verdicts.values())


@dataclass(frozen=True, slots=True)
class Change:
    """A test that came out differently; None stands for a test that was not run."""

    test: str
    before: Verdict | None
    after: Verdict | None


def run_pytest(
    command: Sequence[str], folder: Path, env: Mapping[str, str], timeout: float
) -> SuiteRun:
    """Run a pytest command in ``folder``.

    Args:
        command: the command line; the option for JUnit XML is added to it.
        folder: the working directory.
        env: the whole environment.
        timeout: seconds after which it is ended, which counts as status 124.
    """
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "junit.xml"
        whole = [*command, f"--junit-xml={report}"]
        try:
            done = subprocess.run(
                whole,
                cwd=folder,
                env=dict(env),
                timeout=timeout,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            status, output = done.returncode, done.stdout
        except subprocess.TimeoutExpired as error:
            status, output = 124, _text(error.stdout) + f"\nended after {timeout:g} s"
        verdicts, seconds = _read(report) if report.exists() else ({}, 0.0)
    return SuiteRun(status, verdicts, seconds, output)


def _text(output: str | bytes | None) -> str:
    return output.decode(errors="replace") if isinstance(output, bytes) else output or ""


def _read(report: Path) -> tuple[dict[str, Verdict], float]:
    root = ET.parse(report).getroot()
    verdicts: dict[str, Verdict] = {}
    for case in root.iter("testcase"):
        name = f"{case.get('classname', '')}::{case.get('name', '')}"
        verdicts[name] = _verdict(case)
    seconds = sum(float(suite.get("time", 0)) for suite in root.iter("testsuite"))
    return verdicts, seconds


def _verdict(case: ET.Element) -> Verdict:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def differences(before: SuiteRun, after: SuiteRun) -> list[Change]:
    """The tests that came out differently, or ran in one of the two only, by name."""
    return [
        Change(test, before.verdicts.get(test), after.verdicts.get(test))
        for test in sorted(before.verdicts.keys() | after.verdicts.keys())
        if before.verdicts.get(test) != after.verdicts.get(test)
    ]
