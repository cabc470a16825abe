"""The demonstration: a sample application, migrated in a scratch folder, and what that changed.

It runs code: the application's own tests and its command line, before and after, and the golden
cases in the simulated world.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import click

from codemods.verify.comparison import compare
from codemods.verify.golden import Case, CaseReport, check_case, discover_cases
from codemods.verify.sample import (
    TIERS,
    Sample,
    codemods,
    lay_out,
    migrated,
    run_commands,
    run_tests,
)
from codemods.verify.suites import SuiteRun

GOLDEN = Path(__file__).parents[2] / "golden"
#: Worlds for each golden case: a demonstration has a minute; the test suite takes two hundred.
WORLDS = 8
#: Between the tiers, the tests that start no processes will do.
_HALFWAY = ("--ignore=test_cli.py",)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the summary."""

    name: str
    passed: bool
    evidence: str
    detail: str = ""


def run_demo() -> int:
    """Run it all, print a summary table, and return the exit status: 0 when every step passed."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="codemods-demo-") as name:
        steps = list(_steps(Path(name)))
    for step in steps:
        if not step.passed and step.detail:
            click.echo(f"\n--- {step.name} ---\n{step.detail}", err=True)
    click.echo()
    click.echo(_table(steps))
    verdict = "nothing changed" if all(step.passed for step in steps) else "something changed"
    click.echo(f"{verdict} ({time.perf_counter() - started:.0f} s)")
    return 0 if all(step.passed for step in steps) else 1


def _steps(scratch: Path) -> Iterator[Step]:
    click.echo(f"objlib, copied to {scratch}; tier by tier: {', '.join(map(str, TIERS))}", err=True)
    original = lay_out(scratch / "original")
    with ThreadPoolExecutor(_cores()) as pool, _quiet_processes() as processes:
        before = pool.submit(run_tests, original)
        cases = discover_cases(GOLDEN)
        checks = processes.map(check_case, cases, repeat(WORLDS))
        stages = []
        for step, stage in _migration(original, scratch):
            yield step
            if stage is None:
                return
            halfway = () if step.name.endswith(f"{TIERS[-1]}") else _HALFWAY
            stages.append((step.name, pool.submit(run_tests, stage, *halfway)))
        assert stage is not None
        yield _second_run(stage)
        rows = [pool.submit(run_commands, sample) for sample in (original, stage)]
        click.echo("running the application's tests after each tier ...", err=True)
        yield from (_suite(name, before.result(), after.result()) for name, after in stages)
        yield _compare_rows(*rows)
        click.echo("running the golden cases in simulated worlds ...", err=True)
        yield _equivalence(cases, list(checks))


def _cores() -> int:
    return max(2, os.cpu_count() or 1)


def _quiet_processes() -> ProcessPoolExecutor:
    """What the golden cases print is for nobody."""
    return ProcessPoolExecutor(_cores(), initializer=_print_nowhere)


def _print_nowhere() -> None:
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (as long as the process)


# --- the application -----------------------------------------------------------------------


def _migration(original: Sample, scratch: Path) -> Iterator[tuple[Step, Sample | None]]:
    """A copy for each tier, migrated by that one more than the copy before."""
    sample = original
    for tier in TIERS:
        name = f"apply --tier {tier}"
        try:
            sample, summary = migrated(sample, scratch / f"tier{tier}", tier)
        except subprocess.CalledProcessError as error:
            yield Step(name, False, f"status {error.returncode}", error.stdout + error.stderr), None
            return
        words = ("changed", "pipeline", "drop-in", "refused")
        yield Step(name, True, ", ".join(f"{summary[word]} {word}" for word in words)), sample


def _second_run(sample: Sample) -> Step:
    try:
        codemods(sample, "apply", "--check")
    except subprocess.CalledProcessError as error:
        return Step("apply again", False, f"status {error.returncode}", error.stdout + error.stderr)
    return Step("apply again", True, "nothing left to change")


def _suite(name: str, before: SuiteRun, after: SuiteRun) -> Step:
    """What the tests that ran after a tier say, compared with the same ones before."""
    tests = {test: one for test, one in before.tests.items() if test in after.tests}
    common = SuiteRun(before.status, tests, before.seconds, before.output)
    found = compare([common], [after])
    passed = not found.differs and before.status == 0 and bool(tests)
    evidence = (
        f"{common.count('passed')} tests passed before, {after.count('passed')} after,"
        f" {len(found.tests)} came out differently"
    )
    lines = [f"{each.test}: {each.kind}" for each in found.tests]
    return Step(f"tests after {name}", passed, evidence, "\n".join([*lines, after.output]))


def _compare_rows(before: Future[str], after: Future[str]) -> Step:
    name = "four of its commands"
    try:
        old, new = before.result(), after.result()
    except subprocess.SubprocessError as error:
        return Step(name, False, str(error), str(getattr(error, "stderr", "") or ""))
    rows = sum(line.startswith("INSERT") for line in old.splitlines())
    same = old == new and rows > 0
    return Step(name, same, f"{rows} database rows, {'equal' if same else 'different'}")


# --- the golden cases ----------------------------------------------------------------------


def _equivalence(cases: Sequence[Case], reports: Sequence[CaseReport]) -> Step:
    failed = [report for report in reports if not report.passed]
    worlds = sum(report.evidence.worlds for report in reports)
    cancellations = sum(report.evidence.cancellations for report in reports)
    evidence = (
        f"{len(cases)} cases in {worlds} worlds with {cancellations} cancellations,"
        f" {len(failed)} differ"
    )
    detail = "\n".join(f"{each.case}\n{each.difference or each.problem}" for each in failed)
    return Step("golden cases", bool(cases) and not failed, evidence, detail)


# --- the summary ---------------------------------------------------------------------------


def _table(steps: Sequence[Step]) -> str:
    width = max(len(step.name) for step in steps)
    style: Callable[..., str] = click.style
    lines = [
        f"{step.name:<{width}}  "
        f"{style('ok    ', fg='green') if step.passed else style('FAILED', fg='red')}  "
        f"{step.evidence}"
        for step in steps
    ]
    return "\n".join(lines)
