"""A command tried on copies of the user's tree: as it is, and with changes.

It runs the command, and so the target's code. Every run has a fresh copy, always in the same
place, so that nothing but the changes can tell one run from another.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from codemods.results import Change
from codemods.vendor import top_package
from codemods.verify import commands, suites
from codemods.verify.comparison import Comparison, compare
from codemods.verify.copies import Snapshot, check, lay_out, relative_to, remove, snapshot
from codemods.verify.suites import SuiteRun

Tell = Callable[[str], None]
_FIRST_TIMEOUT = 3600.0
#: What the rewritten copy may take: so many times what the original took, and these seconds.
_PATIENCE = (10.0, 60.0)
_OUTPUT_LINES = 15


class NoEvidenceError(Exception):
    """The command ran, but what came out proves nothing. The message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is tried."""

    root: Path
    """The tree that is copied (``copies.tree_root``)."""
    cwd: Path
    """Where the command runs, in the tree."""
    words: tuple[str, ...]
    """The command."""
    timeout: float | None = None
    """Seconds for each run. None: an hour for the original, and for the rewritten copy ten times
    what the original took, and a minute."""


@dataclass(frozen=True, slots=True)
class _Imports:
    """Files of the tree, relative to it, that were imported from the original and the copy."""

    original: frozenset[str] = frozenset()
    copy: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()
    """Folders of the original that Python looks for modules in."""


@dataclass(frozen=True, slots=True)
class Verification:
    """A comparison, and what it is worth."""

    comparison: Comparison
    changed: tuple[str, ...]
    """The rewritten files."""
    unseen: tuple[str, ...]
    """Those of them that the command never imported: about these it says nothing."""

    @property
    def differs(self) -> bool:
        return self.comparison.differs


class Trials:
    """Tries a command with different changes. Made by ``trials``."""

    def __init__(self, target: Target, taken: Snapshot, scratch: Path, tell: Tell) -> None:
        self.runs = 0
        """How often the command was run on a rewritten copy."""
        self._target = target
        self._taken = taken
        self._scratch = scratch
        self._place = scratch / "run" / (target.root.name or "root")
        self._tell = tell
        self._command = commands.prepare(target.words, target.cwd, taken, self._place)
        self._paths: tuple[Path, ...] = ()
        self._befores: list[SuiteRun] = []

    @property
    def snapshot(self) -> Snapshot:
        return self._taken

    def verify(self, changes: Sequence[Change]) -> Verification:
        """Run the command on the original and with the changes, and compare.

        Where something differs, both are run once more: what is not the same in both runs on the
        original is flaky, and does not count.

        Raises:
            NoEvidenceError: the runs prove nothing.
            CopyError: a change does not fit the tree.
        """
        if not self._befores:
            self._befores.append(self._first(changes))
        self._tell("running the command on a rewritten copy ...")
        after, imports = self._rewritten(changes)
        self._check_origin(changes, imports)
        comparison = compare(self._befores[:1], [after])
        if comparison.differs:
            self._check_packages(after)
            self._tell("something differs: once more, to tell what is flaky")
            again = self._rewritten(changes)[0] if after.status is not None else after
            comparison = compare(self._twice(), [after, again])
        changed = [_relative(change.path, self._target.root) for change in changes]
        unseen = tuple(name for name in changed if name not in imports.copy)
        return Verification(comparison, tuple(changed), unseen)

    def differs(self, changes: Sequence[Change]) -> Comparison:
        """One run with other changes than those verified before, compared with the original.

        Raises:
            CopyError: a change does not fit the tree.
        """
        after, _ = self._rewritten(changes)
        return compare(self._twice(), [after])

    def check(self, changes: Sequence[Change]) -> None:
        """See that the changes are made to files as they were when all of this began.

        Raises:
            CopyError: they are not.
        """
        check(self._taken, self._taken.place, changes)

    # --- runs ------------------------------------------------------------------------------

    def _first(self, changes: Sequence[Change]) -> SuiteRun:
        """The first run on the original, which shows where Python finds the modules."""
        self._paths = _top_folders(change.path for change in changes)
        run, imports = self._original()
        if imports.original:
            # Installed in a way that leads to the user's tree: the copy has to come before that.
            self._paths = tuple(dict.fromkeys((*self._paths, *self._sources(imports))))
            run, imports = self._original()
        self._check_run(run)
        self._check_origin(changes, imports)
        self._check_imports(changes, imports, run)
        return run

    def _twice(self) -> list[SuiteRun]:
        if len(self._befores) < 2:
            self._befores.append(self._original()[0])
        return self._befores

    def _original(self) -> tuple[SuiteRun, _Imports]:
        self._tell("running the command on a copy as it is ...")
        return self._run((), self._target.timeout or _FIRST_TIMEOUT)

    def _rewritten(self, changes: Sequence[Change]) -> tuple[SuiteRun, _Imports]:
        self.runs += 1
        factor, more = _PATIENCE
        patience = self._befores[0].seconds * factor + more
        return self._run(changes, self._target.timeout or patience)

    def _run(self, changes: Sequence[Change], timeout: float) -> tuple[SuiteRun, _Imports]:
        lay_out(self._taken, self._place, changes)
        log = self._scratch / "imports"
        log.unlink(missing_ok=True)
        folder = self._place / _relative(self._target.cwd, self._target.root)
        run = suites.run_pytest if self._command.pytest else suites.run_plain
        try:
            done = run(self._command.words, folder, self._environment(folder, log), timeout)
        except OSError as error:
            why = error.strerror or str(error)
            raise commands.CommandError(f"{self._target.words[0]}: {why}") from error
        imports = self._imports(log)
        remove(self._place)
        return done, imports

    def _environment(self, folder: Path, log: Path) -> dict[str, str]:
        inside = [self._place / _relative(path, self._target.root) for path in self._paths]
        env = commands.environment(
            os.environ, self._taken, self._place, folder, [self._scratch / "hook", *inside]
        )
        roots = (os.path.realpath(self._target.root), os.path.realpath(self._place))
        env["CODEMODS_IMPORT_LOG"] = str(log)
        env["CODEMODS_IMPORT_ROOTS"] = os.pathsep.join(roots)
        return env

    def _imports(self, log: Path) -> _Imports:
        if not log.exists():
            return _Imports()
        original = os.path.realpath(self._target.root)
        copy = os.path.realpath(self._place)
        lines = {os.fsdecode(line) for line in log.read_bytes().splitlines()}
        files = {line for line in lines if not line.startswith(">")}
        from_copy = {_relative(line, Path(copy)) for line in files if _below(line, copy)}
        rest = {_relative(line, Path(original)) for line in files if not _below(line, copy)}
        # An environment in the tree is no part of it.
        held = {name for name in rest if (self._taken.place / name).is_file()}
        folders = {line[1:] for line in lines - files if not _below(line[1:], copy)}
        paths = {_relative(folder, Path(original)) for folder in folders - {copy}}
        listed = {name for name in paths if (self._taken.place / name).is_dir()}
        return _Imports(frozenset(held), frozenset(from_copy), frozenset(listed))

    def _sources(self, imports: _Imports) -> list[Path]:
        """Where the modules that came from the user's tree are found."""
        root = self._target.root
        listed = (root / name for name in sorted(imports.paths))
        return [*listed, *_top_folders(root / name for name in sorted(imports.original))]

    # --- what a run is worth ---------------------------------------------------------------

    def _check_origin(self, changes: Sequence[Change], imports: _Imports) -> None:
        names = [_relative(change.path, self._target.root) for change in changes]
        astray = [name for name in names if name in imports.original]
        if astray:
            raise NoEvidenceError(
                f"the command imports {astray[0]} from {self._target.root}, not from the copy:"
                " the package is installed in a way that comes before PYTHONPATH;"
                " uninstall it, or verify in an environment where it is not installed"
            )

    def _check_imports(self, changes: Sequence[Change], imports: _Imports, run: SuiteRun) -> None:
        names = [_relative(change.path, self._target.root) for change in changes]
        known = [name for name in names if (self._taken.place / name).exists()]
        if not imports.copy.intersection(known):
            more = " and others" if len(known) > 3 else ""
            raise NoEvidenceError(
                "the command imports none of the rewritten files (or hides it: tox passes no"
                f" PYTHONPATH on), so it says nothing about {', '.join(known[:3])}{more};"
                f" exit status {run.status}, and it wrote\n{_tail(run.output)}"
            )

    def _check_run(self, run: SuiteRun) -> None:
        if run.status is None:
            raise NoEvidenceError(
                f"the command did not end within {run.seconds:.0f} s on the original; it wrote\n"
                + _tail(run.output)
            )
        if self._command.pytest and not any(test.ran for test in run.tests.values()):
            raise NoEvidenceError(
                f"no test was run on the original (exit status {run.status}); it wrote\n"
                + _tail(run.output)
            )

    def _check_packages(self, after: SuiteRun) -> None:
        text = after.output + "".join(test.error for test in after.tests.values())
        if "No module named 'reactivex'" in text:
            raise NoEvidenceError(
                "the command's Python has no reactivex, which rewritten code needs:"
                " pip install reactivex"
            )


@contextmanager
def trials(target: Target, tell: Tell) -> Iterator[Trials]:
    """Copy the tree, and remove the copies at the end, however it ends.

    Raises:
        CopyError: the tree cannot be copied.
        CommandError: there is no such program.
    """
    scratch = Path(tempfile.mkdtemp(prefix="codemods-verify-"))
    try:
        taken = snapshot(target.root, scratch / "tree")
        tell(f"copied {taken.files} files of {target.root}")
        hook = scratch / "hook"
        hook.mkdir()
        source = resources.files("codemods.verify").joinpath("import_log.py")
        (hook / "sitecustomize.py").write_bytes(source.read_bytes())
        yield Trials(target, taken, scratch, tell)
    finally:
        remove(scratch)


def _top_folders(files: Iterable[Path]) -> tuple[Path, ...]:
    """The folders that Python has to look in to find the packages of these files.

    A file in no package is found without help: by the folder that the command runs in, or that
    pytest takes from it. Its own folder on the path would hide modules of the same name.
    """
    packages = (top_package(file) for file in files)
    return tuple(dict.fromkeys(package.parent for package in packages if package is not None))


def _relative(path: str | Path, root: Path) -> str:
    return Path(relative_to(path, root) or os.pardir).as_posix()


def _below(path: str, folder: str) -> bool:
    return path.startswith(folder + os.sep)


def _tail(output: str) -> str:
    return "\n".join(output.rstrip().splitlines()[-_OUTPUT_LINES:])
