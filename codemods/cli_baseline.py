"""The ratchet on the command line: `apply --check --baseline FILE`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from codemods.apply import Request
from codemods.baseline import Baseline, load, ratchet, told, write
from codemods.requests import ALL_TIERS
from codemods.results import Report
from codemods.terminal import Mistake, say


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user said about it."""

    file: Path | None
    without: bool
    write: bool
    only_looks: bool
    """Whether the run is one that a baseline goes with."""


def chosen(wanted: Wanted, request: Request) -> Baseline | None:
    """The baseline that counts in this run, if any; an empty one if it is about to be made.

    Raises:
        BaselineError: it cannot be read.
    """
    if not wanted.only_looks:
        if wanted.file or wanted.without or wanted.write:
            raise Mistake("a baseline goes with --check, and without --dry-run")
        return None
    file = None if wanted.without else wanted.file or request.baseline
    if not wanted.write:
        return None if file is None else load(file)
    if file is None:
        raise Mistake("--write-baseline needs --baseline FILE, or `baseline` in the settings")
    if request.settings.tiers != ALL_TIERS:
        raise Mistake("--write-baseline goes with all tiers")
    return load(file) if file.exists() else Baseline(file, {})


def written(request: Request, report: Report, baseline: Baseline | None, quiet: bool) -> None:
    """List in the baseline what there is now.

    Raises:
        BaselineError: it cannot be written.
    """
    assert baseline is not None
    number = write(report, baseline, request.cwd, _names(request))
    if not quiet:
        say(f"baseline: {number} known\n", sys.stderr)


def ratcheted(request: Request, report: Report, baseline: Baseline | None, quiet: bool) -> Report:
    """The report without what the baseline lets be."""
    if baseline is None:
        return report
    # What other tiers hold was not looked for.
    names = _names(request) if request.settings.tiers == ALL_TIERS else ()
    found = ratchet(report, baseline, request.cwd, names)
    if not quiet:
        say("".join(f"{line}\n" for line in told(found)), sys.stderr)
    return found.report


def _names(request: Request) -> tuple[str, ...]:
    return tuple(task.name for task in request.found.tasks)
