"""The whole way of `apply`: find the files, rewrite them, guard the user's work, write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from codemods.cache import Cache
from codemods.journal import Journal, JournalError, project_of
from codemods.memory import Memory
from codemods.neighbours import look_around
from codemods.reading import read_bytes
from codemods.results import Change, FileError, FileReport, Passed, Report
from codemods.runner import Progress, rewrite_file, run
from codemods.tasks import Found
from codemods.undo import sweep
from codemods.vendor import Copy, Placement, inspect, module_bytes, place
from codemods.workspace import (
    Written,
    error_of,
    interrupts_deferred,
    relative_name,
    uncommitted,
    write_all,
)
from transforms.reasons import REASONS

if TYPE_CHECKING:
    from codemods.rewrite import Settings


class StoppedError(Exception):
    """The user stopped the writing. Each file is rewritten or as it was."""

    def __init__(
        self, done: Sequence[str], left: Sequence[str], errors: Sequence[FileError]
    ) -> None:
        super().__init__("interrupted")
        self.done = tuple(done)
        self.left = tuple(left)
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asked for."""

    found: Found
    settings: Settings
    operators: str | None
    """The module that the user wants the operators in, if any."""
    home: Path
    """The folder that the configuration speaks of."""
    cwd: Path
    """What the paths in reports are relative to."""
    jobs: int | None = None
    allow_dirty: bool = False
    write: bool = True
    cache: Cache | None = None
    """What earlier runs found out; None: nothing is known, and nothing is kept."""
    journal: Journal | None = None
    """Where the run is recorded, so that it can be taken back; None: nowhere."""
    baseline: Path | None = None
    """The list of known primitives that the settings name; not used here."""


@dataclass(frozen=True, slots=True)
class _Module:
    """A copy of the operators to be made, and the files that import it."""

    change: Change
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run would do: each file on one of two heaps, and the modules to go with them."""

    files: tuple[FileReport, ...]
    errors: tuple[FileError, ...]
    modules: tuple[_Module, ...] = ()
    passed: tuple[Passed, ...] = ()


def apply(request: Request, progress: Progress = lambda done: None) -> Report:
    """Rewrite, and write unless the request is only to look.

    Raises:
        JournalError: the run cannot be recorded; no file was touched.
        PlacementError: the operators module has no place.
        StoppedError: the user stopped the writing.
    """
    planned = plan(request, progress)
    return carry_out(request, planned) if request.write else report(request, planned)


def plan(request: Request, progress: Progress = lambda done: None) -> Planned:
    """All of the work but the writing.

    Raises:
        PlacementError: the operators module has no place.
    """
    tasks = request.found.tasks
    elsewhere = look_around(tasks, request.jobs, request.cache)
    settings = replace(request.settings, elsewhere=elsewhere)
    memory = Memory.of(request.cache, "primitives", ("rewrite", settings))
    work = partial(rewrite_file, settings)
    results = run(work, tasks, request.jobs, progress, memory=memory)
    planned = Planned(
        tuple(result for result in results if isinstance(result, FileReport)),
        (*request.found.errors, *(r for r in results if isinstance(r, FileError))),
        passed=tuple(result for result in results if isinstance(result, Passed)),
    )
    if request.write and not request.allow_dirty:
        planned = _guarded(planned)
    return _vendored(planned, request)


def carry_out(request: Request, planned: Planned) -> Report:
    """Write what was planned; a file that has changed since is left as it is.

    Raises:
        JournalError: the run cannot be recorded; no file was touched.
        StoppedError: the user stopped the writing.
    """
    return replace(report(request, _written(planned, request)), written=True)


def report(request: Request, planned: Planned) -> Report:
    """What was planned, for those who read of it."""
    modules = tuple(FileReport(m.change.name, change=m.change) for m in planned.modules)
    files = [file for file in (*planned.files, *modules) if file.sites or file.changed]
    return Report(
        examined=len(request.found.tasks) - len(planned.passed),
        files=tuple(sorted(files, key=lambda file: file.path)),
        errors=tuple(sorted(planned.errors)),
        passed=tuple(sorted((*request.found.passed, *planned.passed))),
    )


# --------------------------------------------------------------------------------------
# git's say


def _guarded(state: Planned) -> Planned:
    """Without the files that could not be got back as they are now."""
    changes = [file.change for file in state.files if file.change is not None]
    dirty = uncommitted(change.path for change in changes)
    way_out = "commit first, or pass --allow-dirty"
    errors = {
        change.name: FileError(
            change.name, "uncommitted-changes", f"{dirty[change.path]}; {way_out}"
        )
        for change in changes
        if change.path in dirty
    }
    return _without(state, errors)


def _without(state: Planned, errors: Mapping[str, FileError]) -> Planned:
    return replace(
        state,
        files=tuple(file for file in state.files if file.path not in errors),
        errors=(*state.errors, *errors.values()),
    )


# --------------------------------------------------------------------------------------
# the operators module


def _vendored(state: Planned, request: Request) -> Planned:
    """With the copies of the operators that the files need, or without those files' rewrites."""
    for placement, users in _needed(state.files, request).items():
        name = relative_name(placement.path, request.cwd)
        try:
            found = _bytes_at(placement.path)
        except OSError as error:
            state = _without(state, {user: _unreadable(user, name, error) for user in users})
            continue
        copy = inspect(found)
        if _shadowed(placement.path) or (copy is not Copy.CURRENT and placement.path.is_symlink()):
            copy = Copy.EDITED  # it is not ours to write there
        if copy is Copy.EDITED:
            files = (_refused(file, name) if file.path in users else file for file in state.files)
            state = replace(state, files=tuple(files))
        elif copy is not Copy.CURRENT:
            module = _Module(Change(placement.path, name, found, module_bytes()), users)
            state = replace(state, modules=(*state.modules, module))
    return state


def _unreadable(user: str, module: str, error: OSError) -> FileError:
    why = error_of(module, error, "read-error")
    return FileError(user, why.kind, f"its operators module {module}: {why.message}")


def _needed(files: Sequence[FileReport], request: Request) -> dict[Placement, tuple[str, ...]]:
    """Each place where the module is needed, and the files that need it there."""
    needed: dict[Placement, list[str]] = {}
    for file in files:
        if file.change is not None and file.operators:
            placement = place(file.change.path, request.operators, request.home)
            needed.setdefault(placement, []).append(file.path)
    return {placement: tuple(users) for placement, users in needed.items()}


def _bytes_at(path: Path) -> bytes | None:
    try:
        return read_bytes(path)
    except FileNotFoundError:
        return None


def _shadowed(path: Path) -> bool:
    """A package of the same name comes first in an import."""
    return path.with_suffix("").joinpath("__init__.py").exists()


def _refused(file: FileReport, module: str) -> FileReport:
    """The file as it was, because the module that it would import is the user's own."""
    reason = "operators-edited"
    sites = tuple(
        replace(
            site,
            outcome="refused",
            exact=True,
            reason=reason,
            detail=module,
            hint=REASONS[reason].hint,
        )
        if site.outcome in {"pipeline", "drop-in"}
        else site
        for site in file.sites
    )
    return FileReport(file.path, sites, texts=file.texts)


# --------------------------------------------------------------------------------------
# the disk


def _written(state: Planned, request: Request) -> Planned:
    """What is on the disk afterwards: modules first, so that no import ever fails."""
    modules = [module.change for module in state.modules]
    changes = [file.change for file in state.files if file.change is not None]
    with interrupts_deferred() as interrupted, _recorded(request, [*modules, *changes]) as record:
        first = write_all(modules, interrupted, record.mark)
        record.done += first.done
        state = _without_modules(state, first)
        changes = [file.change for file in state.files if file.change is not None]
        second = write_all(changes, interrupted, record.mark)
        record.done += second.done
    state = _without(state, {change.name: error for change, error in second.failed})
    left = (*first.left, *second.left)
    if left:
        raise StoppedError([c.name for c in record.done], [c.name for c in left], state.errors)
    return state


@dataclass(slots=True)
class _Record:
    """What the journal will be told."""

    mark: str | None = None
    done: list[Change] = field(default_factory=list)


@contextmanager
def _recorded(request: Request, changes: Sequence[Change]) -> Iterator[_Record]:
    """The journal knows all that is about to be replaced, and then what was."""
    if request.journal is None or not changes:
        yield _Record()
        return
    project = project_of(request.cwd)
    for earlier in request.journal.runs(project):
        if earlier.interrupted:
            sweep(earlier, request.journal.entries(earlier))
    own = request.journal.begin(project, changes)
    record = _Record(own.mark)
    yield record
    with suppress(JournalError):  # it can be taken back all the same
        request.journal.keep(own, record.done)


def _without_modules(state: Planned, written: Written) -> Planned:
    """Without the modules that could not be written, and without the files that need them."""
    failed = {change.name: error for change, error in written.failed}
    errors = {
        user: FileError(
            user,
            error.kind,
            f"its operators module {error.path} cannot be written: {error.message}",
        )
        for module in state.modules
        if (error := failed.get(module.change.name)) is not None
        for user in module.users
    }
    kept = tuple(module for module in state.modules if module.change.name not in failed)
    return replace(_without(state, errors), modules=kept)
