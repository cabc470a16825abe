"""The user's files: what git says of them, and how they are replaced.

Outside a git repository nothing is asked of git, and every file may be replaced.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from codemods.reading import read_bytes
from codemods.results import Change, ErrorKind, FileError

_BINARY = getattr(os, "O_BINARY", 0)


_UNWATCHED = "unwatched"
_MEANINGS = {
    "??": "not under git's control yet",
    _UNWATCHED: "git is told not to look at it (assume-unchanged or skip-worktree)",
}


def relative_name(path: Path, cwd: Path) -> str:
    """What reports call a file: its way from the working directory, with ``/`` everywhere."""
    try:
        return Path(os.path.relpath(path, cwd)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


# --------------------------------------------------------------------------------------
# git


def uncommitted(paths: Iterable[Path]) -> dict[Path, str]:
    """The paths of which git holds no copy as they are now, and what is the matter with each.

    Ignored files are the user's own business: git never holds a copy of them.
    """
    by_root: dict[Path, list[Path]] = {}
    for path in paths:
        root = _repository(path)
        if root is not None:
            by_root.setdefault(root, []).append(path)
    found: dict[Path, str] = {}
    for root, members in by_root.items():
        found |= _uncommitted_in(root, members)
    return found


def _repository(path: Path) -> Path | None:
    folders = path.resolve().parents
    return next((folder for folder in folders if (folder / ".git").exists()), None)


def _uncommitted_in(root: Path, paths: Sequence[Path]) -> dict[Path, str]:
    try:
        states = _status(root)
    except (OSError, subprocess.CalledProcessError) as error:
        why = f"cannot ask git about {root}: {_stderr(error)}"
        return dict.fromkeys(paths, why)
    found = {}
    for path in paths:
        state = states.get(path.resolve())
        if state is not None:
            found[path] = _MEANINGS.get(state, "uncommitted changes")
    return found


def _status(root: Path) -> dict[Path, str]:
    """The state letters of each path that git does not hold as it is, or does not look at."""
    states = {}
    for field in _git(root, "ls-files", "-v", "-z"):
        # Whoever set these bits keeps changes of their own in the file.
        if field[:1].islower() or field[:1] == b"S":
            states[root / os.fsdecode(field[2:])] = _UNWATCHED
    fields = _git(root, "status", "--porcelain", "-z", "-uall")
    for field in fields:
        if not field:
            continue
        state, name = field[:2].decode("ascii", "replace"), os.fsdecode(field[3:])
        states[root / name] = state
        if state[0] in "RC":
            next(fields, None)  # the name it had before
    return states


def _git(root: Path, *words: str) -> Iterator[bytes]:
    """The fields that a command of git prints."""
    # Inside a git hook these name the hook's repository and its half-made index.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    environment["GIT_OPTIONAL_LOCKS"] = "0"
    command = ["git", "-c", "core.fsmonitor=false", *words]
    done = subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
    return iter(done.stdout.split(b"\0"))


def _stderr(error: OSError | subprocess.CalledProcessError) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        text: str = error.stderr.decode("utf-8", "replace").strip()
        return text.splitlines()[0] if text else str(error)
    return error.strerror or str(error)


# --------------------------------------------------------------------------------------
# writing


@dataclass(frozen=True, slots=True)
class Written:
    """How the writing ended. Each change is in exactly one of the three."""

    done: tuple[Change, ...]
    failed: tuple[tuple[Change, FileError], ...]
    left: tuple[Change, ...]
    """Not begun, because the user interrupted."""


def write_all(
    changes: Sequence[Change], interrupted: Callable[[], bool], mark: str | None = None
) -> Written:
    """Replace the files one by one; a file is never half written.

    Args:
        mark: see ``replace``.
    """
    done: list[Change] = []
    failed: list[tuple[Change, FileError]] = []
    for position, change in enumerate(changes):
        if interrupted():
            return Written(tuple(done), tuple(failed), tuple(changes[position:]))
        try:
            replace(change, mark)
        except OSError as error:
            failed.append((change, error_of(change.name, error, "write-error")))
        except KeyboardInterrupt:
            landed = change.path.exists() and read_bytes(change.path) == change.after
            ended = [*done, change] if landed else done
            return Written(tuple(ended), tuple(failed), tuple(changes[position + landed :]))
        else:
            done.append(change)
    return Written(tuple(done), tuple(failed), ())


def replace(change: Change, mark: str | None = None) -> None:
    """Put ``after`` in the place of ``before``, in one step that outlasts a loss of power.

    A link stays, and what it points to is replaced. Mode, owner and extended attributes are kept
    as far as the user may set them; a file with several hard links is parted from the others,
    which keep the old bytes.

    Args:
        mark: part of the temporary file's name; who knows it can remove what a kill left behind.

    Raises:
        OSError: the file is as it was, and nothing is left beside it.
    """
    target = Path(os.path.realpath(change.path))
    existing = None if change.before is None else _unchanged(target, change.before)
    temporary = temporary_of(target, mark or secrets.token_hex(8))
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(change.after)
            _take_over(target, temporary, existing)
            stream.flush()
            os.fsync(stream.fileno())
        if change.before is None and target.exists():
            raise FileExistsError("appeared meanwhile")
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(target.parent)


def remove(path: Path, content: bytes) -> None:
    """Remove a file that still holds what it is expected to.

    Raises:
        OSError: it holds something else, or cannot be removed.
    """
    _unchanged(path, content)
    path.unlink()
    _sync_folder(path.parent)


def temporary_of(path: Path, mark: str) -> Path:
    """Where the new bytes of a file are written before they take its place."""
    name = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]
    return path.parent / f".codemods-{mark}-{name}.tmp"


def _sync_folder(folder: Path) -> None:
    """Where the platform can: the new name is on the disk as well, not only the bytes."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _unchanged(target: Path, before: bytes) -> os.stat_result:
    if read_bytes(target) != before:
        raise OSError("changed on the disk while it was being rewritten")
    if not os.access(target, os.W_OK):
        raise PermissionError("read-only")
    return target.stat()


def _take_over(target: Path, temporary: Path, existing: os.stat_result | None) -> None:
    """Give the new file what the old one has besides its bytes, or what any new file has."""
    if existing is None:
        temporary.chmod(0o666 & ~_umask())
        return
    new = temporary.stat()
    if (new.st_uid, new.st_gid) != (existing.st_uid, existing.st_gid):
        try:
            os.chown(temporary, existing.st_uid, existing.st_gid)
        except PermissionError:
            with suppress(PermissionError):
                os.chown(temporary, -1, existing.st_gid)
    temporary.chmod(stat.S_IMODE(existing.st_mode))
    _take_over_attributes(target, temporary)


def _take_over_attributes(target: Path, temporary: Path) -> None:
    """Extended attributes, access lists among them."""
    if sys.platform != "linux":
        return
    with suppress(OSError):
        for name in os.listxattr(target):
            with suppress(OSError):
                os.setxattr(temporary, name, os.getxattr(target, name))


def _umask() -> int:
    mask = os.umask(0o077)  # it can only be read by setting it
    os.umask(mask)
    return mask


def error_of(name: str, error: OSError, otherwise: ErrorKind) -> FileError:
    """An ``OSError`` as a value."""
    kinds: dict[type[OSError], ErrorKind] = {
        PermissionError: "permission-denied",
        FileNotFoundError: "not-found",
    }
    message = error.strerror or str(error) or type(error).__name__
    return FileError(name, kinds.get(type(error), otherwise), message)


@contextmanager
def interrupts_deferred() -> Iterator[Callable[[], bool]]:
    """Ctrl-C (and SIGTERM, and a terminal that is closed) wait until the file at hand is done; the
    yielded call tells of them. What the process ignores (under ``nohup``, say) stays ignored."""
    pending: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        pending.append(number)

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False  # only the main thread is ever interrupted
        return
    signals = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if os.name == "posix" else [])]
    minded = [number for number in signals if signal.getsignal(number) != signal.SIG_IGN]
    previous = {number: signal.signal(number, note) for number in minded}
    try:
        yield lambda: bool(pending)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
