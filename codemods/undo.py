"""Taking a run back: each of its files as it was, byte for byte, or the whole left alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from codemods.errors import UserError
from codemods.journal import Entry, Journal, Run, digest
from codemods.reading import read_bytes
from codemods.results import Change, FileError
from codemods.workspace import (
    error_of,
    interrupts_deferred,
    relative_name,
    remove,
    temporary_of,
    write_all,
)


class NoRunError(UserError):
    """There is no such run, or it cannot be taken back."""


@dataclass(frozen=True, slots=True)
class Undone:
    """How it ended. ``left`` is not empty when the user interrupted, or files were edited."""

    run: Run
    restored: tuple[str, ...] = ()
    untouched: tuple[str, ...] = ()
    """As they were before the run already: an interrupted run never came to them."""
    errors: tuple[FileError, ...] = ()
    left: tuple[str, ...] = ()
    """Still as the run left them."""


def choose(journal: Journal, number: int | None, project: Path) -> Run:
    """The run that the user means: by its number, else the last one in the project.

    Raises:
        NoRunError: there is none, it was taken back already, or it is still at work.
    """
    runs = journal.runs()
    if number is None:
        found = [run for run in runs if run.project == project and run.state != "undone"]
        missing = f"no run in {project} to take back (`codemods undo --list --all` lists all)"
    else:
        found = [run for run in runs if run.number == number]
        missing = f"no run {number} (`codemods undo --list --all` lists all)"
    if not found:
        raise NoRunError(missing)
    run = found[0]
    if run.state == "undone":
        raise NoRunError(f"run {run.number} was taken back already")
    if run.running:
        raise NoRunError(f"run {run.number} is still at work (process {run.process})")
    return run


def undo(journal: Journal, run: Run, cwd: Path, *, skip_edited: bool = False) -> Undone:
    """Take a run back.

    Nothing is done if a file was edited since, unless ``skip_edited``: then such files stay as
    they are, and the others are taken back. What an earlier try did not finish, this one does.
    """
    entries = journal.entries(run)
    sweep(run, entries)
    looks = [_look(entry, cwd) for entry in entries]
    edited = tuple(error for look in looks if (error := _in_the_way(look, run, journal)))
    rewritten = [look for look in looks if look.is_as_written]
    untouched = tuple(look.name for look in looks if look.is_as_before)
    if edited and not skip_edited:
        return Undone(run, (), untouched, edited, tuple(look.name for look in rewritten))
    with interrupts_deferred() as interrupted:
        done = _taken_back(rewritten, run, interrupted, made_stay=bool(edited))
        if not done.errors and (skip_edited or not done.left):
            journal.undone(run)
    return replace(done, untouched=untouched, errors=(*edited, *done.errors))


@dataclass(frozen=True, slots=True)
class _Look:
    """A file of the run, and what is there now."""

    entry: Entry
    name: str
    now: bytes | None = None
    error: FileError | None = None

    @property
    def is_as_written(self) -> bool:
        return self.now is not None and digest(self.now) == self.entry.after

    @property
    def is_as_before(self) -> bool:
        return self.error is None and self.now == self.entry.before


def _look(entry: Entry, cwd: Path) -> _Look:
    name = relative_name(entry.path, cwd)
    try:
        return _Look(entry, name, read_bytes(entry.path))
    except FileNotFoundError:
        return _Look(entry, name)
    except OSError as error:
        return _Look(entry, name, error=error_of(name, error, "read-error"))


def _in_the_way(look: _Look, run: Run, journal: Journal) -> FileError | None:
    """Why this file cannot be taken back, if so."""
    if look.error is not None or look.is_as_written or look.is_as_before:
        return look.error
    if look.now is None:
        return FileError(look.name, "edited-since", "it is gone")
    later = journal.writer_of(look.entry.path, digest(look.now))
    if later is not None and later > run.number:
        return FileError(look.name, "edited-since", f"run {later} rewrote it; undo that one first")
    return FileError(look.name, "edited-since", "it was edited after the run")


def _taken_back(
    looks: Sequence[_Look], run: Run, interrupted: Callable[[], bool], *, made_stay: bool
) -> Undone:
    """Files that import a module first, then the module: no import ever fails."""
    changes = [
        Change(look.entry.path, look.name, look.now, look.entry.before)
        for look in looks
        if look.entry.before is not None
    ]
    written = write_all(changes, interrupted, run.mark)
    restored = [change.name for change in written.done]
    errors = [error for _, error in written.failed]
    left = [change.name for change in written.left]
    for look in looks:
        if look.entry.before is not None:
            continue
        if made_stay or left or errors or interrupted():
            left.append(look.name)  # somebody may still import it
            continue
        try:
            remove(look.entry.path, look.now or b"")
        except OSError as error:
            errors.append(error_of(look.name, error, "write-error"))
        else:
            restored.append(look.name)
    return Undone(run, tuple(restored), (), tuple(errors), tuple(left))


def sweep(run: Run, entries: Sequence[Entry]) -> None:
    """Remove what a run that was killed left beside the file at hand."""
    for entry in entries:
        with suppress(OSError):
            temporary_of(entry.path, run.mark).unlink()
