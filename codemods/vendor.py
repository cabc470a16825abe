"""The operators module that rewritten code imports: where it lives, and whose copy it is."""

from __future__ import annotations

import hashlib
import keyword
import os
import re
from dataclasses import dataclass
from enum import Enum
from importlib import resources
from pathlib import Path

from codemods import __version__
from codemods.errors import UserError

MARK = b"# Vendored by codemods "
_HEADER = re.compile(rb"# Vendored by codemods (?P<version>\S+), sha256 (?P<digest>[0-9a-f]{64})")
# A formatter or a linter that rewrites the copy would make it look edited by hand.
_GUARDS = b"# fmt: off\n# isort: skip_file\n# ruff: noqa\n"
_MODULE = "_operators"


class PlacementError(UserError):
    """The setting names a module that has no place here."""


@dataclass(frozen=True, slots=True, order=True)
class Placement:
    """``module`` as the rewritten file imports it, and the file that holds it."""

    path: Path
    module: str


class Copy(Enum):
    """What lies where the module belongs."""

    MISSING = "missing"
    CURRENT = "current"
    OUTDATED = "outdated"
    EDITED = "edited"


def place(file: Path, operators: str | None, home: Path) -> Placement:
    """Where the operators of ``file`` live.

    Args:
        file: the absolute path of the file that is rewritten.
        operators: the module that the user names, or None.
        home: the folder of the configuration file.

    Raises:
        PlacementError: there is no such package, or the name is no module's.
    """
    package = top_package(file)
    if operators is not None:
        return _named(operators, package, home)
    if package is None:
        return Placement(file.parent / f"{_MODULE}.py", _MODULE)
    return Placement(package / f"{_MODULE}.py", f"{package.name}.{_MODULE}")


def top_package(file: Path) -> Path | None:
    """The outermost folder of the unbroken chain of packages around ``file``."""
    top = Packages().top(str(file.parent))
    return None if top is None else Path(top)


class Packages:
    """The packages of a tree as they are found: each folder is looked at once."""

    def __init__(self) -> None:
        self._tops: dict[str, str | None] = {}

    def top(self, folder: str) -> str | None:
        """The outermost folder of the unbroken chain of packages that ends in ``folder``."""
        if folder not in self._tops:
            top = None
            if os.path.isfile(os.path.join(folder, "__init__.py")):
                above = os.path.dirname(folder)
                top = (self.top(above) if above != folder else None) or folder
            self._tops[folder] = top
        return self._tops[folder]

    def module(self, folder: str) -> str:
        """What the files of a folder import the operators from, unless the user names a module."""
        top = self.top(folder)
        return _MODULE if top is None else f"{os.path.basename(top)}.{_MODULE}"


def checked(operators: str) -> str:
    """The name, if a module can be called so.

    Raises:
        PlacementError: it cannot.
    """
    if all(part.isidentifier() and not keyword.iskeyword(part) for part in operators.split(".")):
        return operators
    raise PlacementError(f"operators: {operators!r} is not a module name")


def _named(operators: str, package: Path | None, home: Path) -> Placement:
    parts = checked(operators).split(".")
    roots = [home, home / "src"] if package is None else [package.parent, home, home / "src"]
    for root in roots:
        target = root.joinpath(*parts)
        if target.is_dir():
            raise PlacementError(f"operators: {operators!r} is a package; name a module in it")
        if target.parent.is_dir():
            return Placement(target.with_suffix(".py"), operators)
    below = ", ".join(str(root) for root in dict.fromkeys(roots))
    raise PlacementError(f"operators: no package for {operators!r} below {below}")


def module_bytes() -> bytes:
    """The module as it is written: a header that tells whether the rest was edited, the rest."""
    body = _body()
    header = f"{MARK.decode()}{__version__}, sha256 {_digest(body)}\n"
    return header.encode() + body


def inspect(data: bytes | None) -> Copy:
    """Whose copy ``data`` is, the bytes found where the module belongs (None: nothing)."""
    if data is None:
        return Copy.MISSING
    first, _, body = data.partition(b"\n")
    if _digest(body) == _digest(_body()):
        return Copy.CURRENT
    header = _HEADER.match(first)
    if header is None or header["digest"].decode() != _digest(body):
        return Copy.EDITED
    newer = _release(header["version"].decode()) > _release(__version__)
    return Copy.CURRENT if newer else Copy.OUTDATED


def is_vendored(data: bytes) -> bool:
    """Whether the file says that it is a copy of the module, edited or not."""
    return data.startswith(MARK)


def _body() -> bytes:
    return _GUARDS + resources.files("transforms.runtime").joinpath("operators.py").read_bytes()


def _digest(body: bytes) -> str:
    # A checkout may turn line endings around; that is no edit.
    return hashlib.sha256(body.replace(b"\r\n", b"\n")).hexdigest()


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))
