"""What a run found and did: the values that travel from the workers to the reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from transforms.rule import Outcome, Primitive

ErrorKind = Literal[
    "syntax-error",  # the file does not parse
    "encoding-error",  # the bytes are not what the file's encoding says, or cannot be written back
    "permission-denied",  # not allowed to read, or to replace, the file
    "not-found",  # the file went away
    "too-large",  # above the bound on what is read, or on what is parsed
    "too-deep",  # nested so deeply that parsing it could crash
    "time-out",  # not done within the time that one file has
    "read-error",  # any other trouble while reading
    "write-error",  # any other trouble while writing; the file is as it was
    "uncommitted-changes",  # git holds no copy of the file as it is now
    "edited-since",  # not as the run left it: `undo` would lose somebody's work
    "internal-error",  # a defect of this program; the file is as it was
]


@dataclass(frozen=True, slots=True, order=True)
class FileError:
    """Why one file could not be processed. The file is as it was."""

    path: str
    kind: ErrorKind
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True, order=True)
class Passed:
    """A file or folder that a reader might expect and that was left out on purpose."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class SiteResult:
    """How one primitive ended. One entry a primitive, in source order."""

    primitive: Primitive
    code: str
    name: str
    tier: int
    outcome: Outcome
    exact: bool
    reason: str | None = None
    detail: str | None = None
    hint: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    lead: Primitive | None = None
    """The first primitive of the site that was made: the same for all that go together."""


@dataclass(frozen=True, slots=True, order=True)
class TakenBack:
    """A site that is not to be made, because a test says so: any of its primitives is here."""

    path: str
    """As reports call the file."""
    line: int
    column: int
    detail: str = ""
    """What the report says of it."""


@dataclass(frozen=True, slots=True)
class Change:
    """New bytes for one file. ``before`` is None for a file that is new."""

    path: Path
    name: str
    before: bytes | None
    after: bytes


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file. The vendored module is a changed file without sites."""

    path: str
    sites: tuple[SiteResult, ...] = ()
    change: Change | None = None
    operators: frozenset[str] = frozenset()
    """What the changed file takes from the vendored module."""
    texts: tuple[str, ...] = ()
    """The source of each site's primitive, see ``fingerprints``."""

    @property
    def changed(self) -> bool:
        return self.change is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of one run, sorted by path. A file is in ``files`` or in ``errors``, never in both.

    ``files`` holds what has something to tell; ``examined`` counts every file looked at.
    """

    examined: int
    files: tuple[FileReport, ...]
    errors: tuple[FileError, ...]
    passed: tuple[Passed, ...] = ()
    written: bool = False
    """Whether the changes are on the disk (False: they are what would be done)."""

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(file.change for file in self.files if file.change is not None)

    def sites(self) -> Iterator[tuple[FileReport, SiteResult]]:
        """Every site with the file it is in, in order."""
        for file in self.files:
            for site in file.sites:
                yield file, site

    def count(self, outcome: Outcome) -> int:
        return sum(site.outcome == outcome for _, site in self.sites())
