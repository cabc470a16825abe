"""The command that the user named: what it runs, and what it has to be told in a copy."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codemods.verify.copies import Snapshot, relative_to

_PYTEST = ("pytest", "py.test")
# They run the program that comes behind their own options.
_RUNNERS = frozenset(
    {"coverage", "env", "hatch", "nice", "pdm", "pipenv", "poetry", "rye", "time", "uv", "xvfb-run"}
)
_PYTHON = re.compile(r"(python|pypy)[\d.]*w?(\.exe)?")
_TAKES_VALUE = ("-W", "-X")
# In a git hook they name the user's repository, whatever the working directory is.
_OF_A_HOOK = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_WORK_TREE")


class CommandError(Exception):
    """The command cannot be run."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments, as they are to be given in a copy."""

    words: tuple[str, ...]
    pytest: bool
    """Whether it is pytest, so that it can be told to write a report of each test."""


def prepare(words: Sequence[str], cwd: Path, taken: Snapshot, place: Path) -> Command:
    """The command for a copy of the tree at ``place``.

    A program that was copied (a script of the project) is run from the copy, any other (such as
    that of a virtual environment in the tree) where it is. Arguments that name a copied file by
    its absolute path name the copy's.

    Raises:
        CommandError: there is no such program.
    """
    if not words:
        raise CommandError("name the command behind `--`, such as: codemods verify src -- pytest")
    program = _program(words[0], cwd, taken)
    rest = (moved(word, taken, place) for word in words[1:])
    return Command((moved(program, taken, place), *rest), is_pytest(words))


def is_pytest(words: Sequence[str]) -> bool:
    """Whether the command is pytest: by itself, as a module, or behind a runner such as uv."""
    name = Path(words[0]).name.removesuffix(".exe")
    if name in _PYTEST:
        return True
    if _PYTHON.fullmatch(name):
        return _module(words[1:]) in _PYTEST
    return name in _RUNNERS and any(_is_behind(words, position) for position in range(len(words)))


def _is_behind(words: Sequence[str], position: int) -> bool:
    """Whether pytest is what a runner runs, and no script's argument."""
    before = words[:position]
    return words[position] in _PYTEST and not any(word.endswith((".py", ".sh")) for word in before)


def _module(words: Sequence[str]) -> str | None:
    """What Python's option -m names; None if it runs something else."""
    rest = iter(words)
    for word in rest:
        if word == "-m":
            return next(rest, None)
        if word in _TAKES_VALUE:
            next(rest, None)
        elif not word.startswith("-") or word == "-c":
            return None
    return None


def _program(word: str, cwd: Path, taken: Snapshot) -> str:
    if os.sep in word or (os.altsep and os.altsep in word):
        path = os.path.abspath(cwd / word)
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            return path
        raise CommandError(
            f"{word}: {'not executable' if os.path.exists(path) else 'no such file'}"
        )
    if found := shutil.which(word):
        return found
    beside = Path(sys.executable).parent / word
    hint = f"; did you mean {beside}?" if beside.exists() else ""
    assignment = "" if "=" not in word else f"; no shell runs it, so write: env {word} …"
    raise CommandError(f"{word}: command not found{hint}{assignment}")


# --- what names the user's tree -------------------------------------------------------------


def moved(word: str, taken: Snapshot, place: Path) -> str:
    """A word that names something copied by its absolute path (maybe behind ``=``), renamed."""
    option, equals, value = word.rpartition("=")
    if not os.path.isabs(value) or not taken.holds(value):
        return word
    return f"{option}{equals}{place / (relative_to(value, taken.root) or '')}"


def environment(
    base: Mapping[str, str], taken: Snapshot, place: Path, folder: Path, paths: Iterable[Path]
) -> dict[str, str]:
    """The environment of a command that runs in a copy.

    Args:
        base: the environment that the user runs it in.
        folder: its working directory.
        paths: what comes first on Python's path.
    """
    env = {
        name: os.pathsep.join(moved(part, taken, place) for part in value.split(os.pathsep))
        for name, value in base.items()
        if name not in _OF_A_HOOK
    }
    users = [env["PYTHONPATH"]] if env.get("PYTHONPATH") else []
    env["PYTHONPATH"] = os.pathsep.join([*map(str, paths), *users])
    env["PWD"] = str(folder)
    env.setdefault("PYTHONHASHSEED", "0")  # the same order of sets in each run
    # Copies lie at the same place: compiled files kept elsewhere would be taken for their own.
    env.pop("PYTHONPYCACHEPREFIX", None)
    own = taken.root / ".venv"
    if own.is_dir():
        # Else uv makes an environment for the copy, or points the user's one to it.
        env.setdefault("UV_PROJECT_ENVIRONMENT", str(own))
        env["UV_NO_SYNC"] = "1"
    return env
