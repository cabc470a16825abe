"""The demonstration: a sample application, migrated in a scratch folder, and what that changed.

It runs code: the application's own tests and its command line, before and after, and the golden
cases in the simulated world.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import click

from codemods.verify.comparison import compare
from codemods.verify.golden import Case, CaseReport, check_case, discover_cases
from codemods.verify.suites import SuiteRun, run_pytest

GOLDEN = Path(__file__).parents[2] / "golden"
TIERS = (2,)
#: Worlds for each golden case: a demonstration has a minute; the test suite takes two hundred.
WORLDS = 20
_TIMEOUT = 120.0
_COMMAND = ("metadata", "batch-extract", "--limit", "3")


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
    before, after = scratch / "before", scratch / "after"
    for folder in (before, after):
        shutil.copytree(GOLDEN / "objlib" / "before", folder / "app")
        shutil.copytree(GOLDEN / "objlib" / "tests", folder / "tests")
    click.echo(f"objlib, copied to {scratch}; tier {', '.join(map(str, TIERS))}", err=True)
    with ThreadPoolExecutor(2) as pool, ProcessPoolExecutor(_workers()) as processes:
        old = pool.submit(_run_tests, before)
        migration = _migrate(after / "app")
        yield migration
        if not migration.passed:
            return
        yield _second_run(after / "app")
        new = pool.submit(_run_tests, after)
        cases = discover_cases(GOLDEN)
        checks = processes.map(check_case, cases, repeat(WORLDS))
        click.echo("running the application's tests before and after ...", err=True)
        yield _compare_suites(old.result(), new.result())
        yield _compare_rows(before, after)
        click.echo("running the golden cases in simulated worlds ...", err=True)
        yield _equivalence(cases, list(checks))


def _workers() -> int:
    return max(1, (os.cpu_count() or 1) - 1)


# --- the migration -------------------------------------------------------------------------


def _codemods(app: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    tiers = [word for tier in TIERS for word in ("--tier", str(tier))]
    command = [sys.executable, "-m", "codemods", "apply", *tiers, "--allow-dirty", *arguments]
    return subprocess.run(command, cwd=app, capture_output=True, text=True, check=False)


def _migrate(app: Path) -> Step:
    done = _codemods(app, "--format", "json")
    name = f"apply --tier {' --tier '.join(map(str, TIERS))}"
    if done.returncode:
        return Step(name, False, f"status {done.returncode}", done.stdout + done.stderr)
    summary: Mapping[str, Any] = json.loads(done.stdout)["summary"]
    words = ("changed", "pipeline", "drop-in", "refused")
    return Step(name, True, ", ".join(f"{summary[word]} {word}" for word in words))


def _second_run(app: Path) -> Step:
    done = _codemods(app, "--check")
    evidence = "nothing left to change" if done.returncode == 0 else f"status {done.returncode}"
    return Step("apply again", done.returncode == 0, evidence, done.stdout + done.stderr)


# --- the application -----------------------------------------------------------------------


def _environment(folder: Path, **more: str) -> dict[str, str]:
    paths = (folder / "app", folder / "tests")
    own = {"PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONDONTWRITEBYTECODE": "1"}
    return {**os.environ, **own, **more}


def _run_tests(folder: Path) -> SuiteRun:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    return run_pytest(command, folder, _environment(folder), _TIMEOUT)


def _compare_suites(before: SuiteRun, after: SuiteRun) -> Step:
    found = compare([before], [after])
    passed = not found.differs and before.status == 0 and bool(before.tests)
    evidence = (
        f"{before.count('passed')} passed before, {after.count('passed')} after,"
        f" {len(found.tests)} came out differently"
    )
    lines = [f"{each.test}: {each.kind}" for each in found.tests]
    return Step("its tests", passed, evidence, "\n".join([*lines, after.output]))


@contextmanager
def _services(folder: Path) -> Iterator[str]:
    """The two remote services, faked on loopback; gives their address."""
    fakes = subprocess.Popen(
        [sys.executable, str(folder / "tests" / "fakes.py"), "--library", str(folder / "library")],
        env=_environment(folder),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert fakes.stdout is not None
        yield fakes.stdout.readline().strip()
    finally:
        fakes.terminate()
        fakes.wait(timeout=10)
        if fakes.stdout is not None:
            fakes.stdout.close()


def _rows(folder: Path) -> str:
    """What the database holds after ``batch-extract``, as SQL."""
    database = folder / "objlib.sqlite3"
    with _services(folder) as url:
        env = _environment(
            folder,
            OBJLIB_DB=str(database),
            OBJLIB_LIBRARY=str(folder / "library"),
            OBJLIB_BATCH_URL=url,
            OBJLIB_STORE_URL=url,
            OBJLIB_BATCH_POLL_INTERVAL="0.05",
            OBJLIB_BATCH_QUEUE_POLL_INTERVAL="0.05",
        )
        for arguments in (("scan",), _COMMAND):
            subprocess.run(
                [sys.executable, "-m", "objlib", *arguments],
                cwd=folder,
                env=env,
                check=True,
                capture_output=True,
                timeout=_TIMEOUT,
            )
    with sqlite3.connect(database) as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    return dump.replace(str(folder), "")


def _compare_rows(before: Path, after: Path) -> Step:
    name = f"python -m objlib {' '.join(_COMMAND)}"
    try:
        old, new = _rows(before), _rows(after)
    except subprocess.SubprocessError as error:
        output = getattr(error, "stderr", b"") or b""
        return Step(name, False, str(error), output.decode(errors="replace"))
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
