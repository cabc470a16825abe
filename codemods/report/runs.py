"""What can be taken back, and what was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from codemods.journal import Run
from codemods.report.names import shown
from codemods.report.table import columns
from codemods.undo import Undone


def render(runs: Sequence[Run]) -> str:
    """The runs in the journal, the newest first."""
    if not runs:
        return "no runs\n"
    rows = [
        (str(run.number), _when(run), str(run.files), _state(run), shown(str(run.project)))
        for run in runs
    ]
    return "\n".join(columns(("run", "when", "files", "state", "project"), rows)) + "\n"


def undone(result: Undone) -> str:
    """How taking a run back ended; the errors are told elsewhere."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: Undone) -> Iterator[str]:
    number, restored = result.run.number, len(result.restored)
    yield from _block("As they were before:", result.restored)
    yield from _block("Still as the run left them:", result.left)
    if result.errors and not result.restored:
        yield f"run {number} was not taken back: {_edited(result)}"
    elif result.left or result.errors:
        yield f"run {number} was taken back in part: {restored} of {result.run.files} files"
    else:
        untouched = f" ({len(result.untouched)} were already)" if result.untouched else ""
        yield f"run {number} was taken back: {restored} files are as they were{untouched}"


def _edited(result: Undone) -> str:
    if any(error.kind == "edited-since" for error in result.errors):
        return "files were edited since; --skip-edited takes back the others"
    return "see the errors"


def _block(title: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        yield title
        yield from (f"  {shown(name)}" for name in names)


def _when(run: Run) -> str:
    return datetime.fromtimestamp(run.started).strftime("%Y-%m-%d %H:%M:%S")


def _state(run: Run) -> str:
    if run.state == "open":
        return "running" if run.running else "interrupted"
    return run.state
