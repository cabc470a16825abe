"""A list of the primitives that a project has, so that `--check` fails for new ones only.

Entries carry no line: what moves is still known. The file is made for review and for merges: one
entry a line, sorted.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from codemods.errors import UserError
from codemods.fingerprints import Identity, identities
from codemods.reading import read_bytes
from codemods.results import Change, FileReport, Report, SiteResult
from codemods.workspace import replace as replace_file
from transforms.reasons import REASONS

_REASON = "in-baseline"
_VERSION = 1
_MADE = {"pipeline", "drop-in"}
_FIELDS = ("path", "function", "kind", "text")


class BaselineError(UserError):
    """The file cannot be read or written, or is none of ours."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """How often each primitive is known. Paths are relative to the file's folder."""

    file: Path
    known: Mapping[Identity, int]


@dataclass(frozen=True, slots=True)
class Ratchet:
    """A report in which only new primitives count."""

    report: Report
    known: int
    """Primitives that the baseline lists; they are ``suppressed`` in the report."""
    stale: tuple[tuple[Identity, int], ...]
    """What the baseline lists and is there no more, and how often."""


def load(file: Path) -> Baseline:
    """Read a baseline.

    Raises:
        BaselineError: it is not there, cannot be read, or is no baseline.
    """
    try:
        value = json.loads(read_bytes(file))
    except FileNotFoundError as error:
        raise BaselineError(f"{file}: no such file; --write-baseline makes it") from error
    except OSError as error:
        raise BaselineError(f"{file}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"{file}: no baseline: {error}") from error
    if not isinstance(value, dict) or value.get("version") != _VERSION:
        raise BaselineError(f"{file}: no baseline of this version of codemods")
    known: Counter[Identity] = Counter()
    sites = value.get("sites")
    for number, entry in enumerate(sites if isinstance(sites, list) else [None], 1):
        try:
            known[Identity(*(_string(entry[name]) for name in _FIELDS))] += int(entry["count"])
        except (KeyError, TypeError, ValueError) as error:
            raise BaselineError(f"{file}: no baseline: entry {number} is incomplete") from error
    return Baseline(file, known)


def ratchet(report: Report, baseline: Baseline, cwd: Path, examined: Collection[str]) -> Ratchet:
    """Let the known primitives be.

    Args:
        cwd: what the paths in the report are relative to.
        examined: the files that were looked at: an entry of another file is only stale if that
            file is gone.
    """
    left = Counter(baseline.known)
    # Without the operators modules: who knows whether they are still needed.
    files = tuple(_checked(file, left, baseline.file, cwd) for file in report.files if file.sites)
    known = sum(baseline.known.values()) - sum(left.values())
    looked_at = _seen(report, baseline.file, cwd, examined)
    stale = sorted(
        (identity, number)
        for identity, number in left.items()
        if number > 0 and (identity.path in looked_at or not _is_there(identity, baseline.file))
    )
    return Ratchet(replace(report, files=files), known, tuple(stale))


def write(report: Report, baseline: Baseline, cwd: Path, examined: Collection[str]) -> int:
    """Write the primitives of a report as the baseline, and return their number.

    What the baseline says of other files stays, as long as they are there.

    Args:
        cwd, examined: see ``ratchet``.

    Raises:
        BaselineError: the file cannot be written.
    """
    file = baseline.file
    known = Counter(
        _relative(identity, file, cwd)
        for one in report.files
        for identity, site in zip(identities(one), one.sites, strict=True)
        if site.outcome != "suppressed"
    )
    looked_at = _seen(report, file, cwd, examined)
    for identity, number in baseline.known.items():
        if identity.path not in looked_at and _is_there(identity, file):
            known[identity] += number
    data = _rendered(known)
    try:
        before = read_bytes(file) if file.exists() else None
        if data != before:
            replace_file(Change(file, str(file), before, data))
    except OSError as error:
        raise BaselineError(f"cannot write {file}: {error.strerror or error}") from error
    return sum(known.values())


def _checked(file: FileReport, left: Counter[Identity], baseline: Path, cwd: Path) -> FileReport:
    """The file with its known primitives suppressed, each of which is taken from ``left``."""
    sites = []
    for identity, site in zip(identities(file), file.sites, strict=True):
        own = _relative(identity, baseline, cwd)
        if site.outcome == "suppressed" or left[own] <= 0:
            sites.append(site)
            continue
        left[own] -= 1
        sites.append(_suppressed(site))
    still = any(site.outcome in _MADE for site in sites)
    return replace(file, sites=tuple(sites), change=file.change if still else None)


def _suppressed(site: SiteResult) -> SiteResult:
    hint = REASONS[_REASON].hint
    return replace(site, outcome="suppressed", exact=True, reason=_REASON, detail=None, hint=hint)


def _relative(identity: Identity, baseline: Path, cwd: Path) -> Identity:
    return replace(identity, path=_from(baseline, cwd, identity.path))


def _from(baseline: Path, cwd: Path, path: str) -> str:
    relative = os.path.relpath(os.path.join(cwd, path), os.path.abspath(baseline.parent))
    return relative.replace(os.sep, "/")


def _seen(report: Report, baseline: Path, cwd: Path, examined: Collection[str]) -> set[str]:
    """The files of which all is known: looked at, without an error."""
    failed = {error.path for error in report.errors}
    return {_from(baseline, cwd, name) for name in examined if name not in failed}


def _is_there(identity: Identity, baseline: Path) -> bool:
    return os.path.lexists(os.path.join(os.path.abspath(baseline.parent), identity.path))


def _rendered(known: Mapping[Identity, int]) -> bytes:
    lines = ",\n".join(f"  {_line(identity, known[identity])}" for identity in sorted(known))
    sites = f"[\n{lines}\n ]" if lines else "[]"
    return f'{{"version": {_VERSION},\n "sites": {sites}}}\n'.encode("ascii")


def _line(identity: Identity, number: int) -> str:
    entry: dict[str, Any] = {name: getattr(identity, name) for name in _FIELDS}
    return json.dumps({**entry, "count": number})


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def told(found: Ratchet) -> Iterator[str]:
    """Lines for the user: what was let be, and what the baseline need not list any more."""
    for identity, number in found.stale:
        times = f" ({number} times)" if number > 1 else ""
        where = f" in {identity.function}" if identity.function else ""
        yield f"{identity.path}: gone since the baseline: {identity.text}{where}{times}"
    stale = "; --write-baseline drops what is gone" if found.stale else ""
    yield f"baseline: {found.known} known{stale}"
