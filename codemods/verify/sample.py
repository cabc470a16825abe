"""The sample application: copied, migrated tier by tier, tested, and run against its fakes.

It runs code: the application's tests and its command line.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codemods.verify.suites import SuiteRun, run_pytest

SAMPLE = Path(__file__).parents[2] / "golden" / "objlib"
#: In this order, low risk first.
TIERS = (3, 2, 1)
_TIMEOUT = 120.0
_COMMANDS = (
    ("scan",),
    ("metadata", "batch-extract", "--limit", "3"),
    ("upload", "--limit", "20"),
    ("search", "hashing"),
)
_QUICK = {
    "OBJLIB_BATCH_POLL_INTERVAL": "0.05",
    "OBJLIB_BATCH_QUEUE_POLL_INTERVAL": "0.05",
    "OBJLIB_UPLOAD_STAGGER": "0.01",
    "OBJLIB_UPLOAD_COOLDOWN": "0.05",
    "OBJLIB_UPLOAD_OPERATION_POLL": "0.02",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One copy of the application, with its tests beside it."""

    folder: Path

    @property
    def app(self) -> Path:
        return self.folder / "app"


def lay_out(folder: Path) -> Sample:
    """A copy as it was before any migration."""
    leave = shutil.ignore_patterns("__pycache__", ".*_cache")
    shutil.copytree(SAMPLE / "before", folder / "app", ignore=leave)
    shutil.copytree(SAMPLE / "tests", folder / "tests", ignore=leave)
    return Sample(folder)


def migrated(sample: Sample, folder: Path, tier: int) -> tuple[Sample, Mapping[str, int]]:
    """A copy that is migrated by one tier more, and the summary of that run.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    shutil.copytree(sample.folder, folder)
    after = Sample(folder)
    done = codemods(after, "apply", "--tier", str(tier), "--format", "json")
    summary: Mapping[str, int] = json.loads(done)["summary"]
    return after, summary


def codemods(sample: Sample, command: str, *arguments: str) -> str:
    """What the tool prints when it is run in the application's folder, as a user would.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    applying = ("--allow-dirty", "--no-journal") if command == "apply" else ()
    done = subprocess.run(
        [sys.executable, "-m", "codemods", command, *arguments, "--no-cache", *applying],
        cwd=sample.app,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def run_tests(sample: Sample, *arguments: str) -> SuiteRun:
    """The application's own tests; ``arguments`` are pytest's."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    env = _environment(sample)
    return run_pytest([*command, *arguments], sample.folder / "tests", env, _TIMEOUT)


def run_commands(sample: Sample) -> str:
    """What four of its commands print, and what the database holds afterwards, as SQL.

    Raises:
        subprocess.SubprocessError: a command failed, or did not end.
    """
    work = sample.folder / "work"
    work.mkdir()
    with _services(sample, work / "library") as url:
        env = _environment(
            sample,
            **_QUICK,
            OBJLIB_DB=str(work / "objlib.sqlite3"),
            OBJLIB_LIBRARY=str(work / "library"),
            OBJLIB_BATCH_URL=url,
            OBJLIB_STORE_URL=url,
        )
        printed = []
        for arguments in (*_COMMANDS, ("dump",)):
            done = subprocess.run(
                [sys.executable, "-m", "objlib", *arguments],
                cwd=work,
                env=env,
                check=True,
                capture_output=True,
                text=True,
                timeout=_TIMEOUT,
            )
            printed.append(f"$ objlib {' '.join(arguments)}\n{done.stdout}")
    return "".join(printed).replace(str(sample.folder), "")


def _environment(sample: Sample, **more: str) -> dict[str, str]:
    paths = (sample.app, sample.folder / "tests")
    own = {"PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONDONTWRITEBYTECODE": "1"}
    return {**os.environ, **own, **more}


@contextmanager
def _services(sample: Sample, library: Path) -> Iterator[str]:
    """The two remote services, faked on loopback; gives their address."""
    fakes = subprocess.Popen(
        [sys.executable, str(sample.folder / "tests" / "fakes.py"), "--library", str(library)],
        env=_environment(sample),
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
