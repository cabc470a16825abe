"""``[tool.codemods]`` of the target's pyproject.toml."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codemods.errors import UserError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

FILE_NAME = "pyproject.toml"
DEFAULT_LINE_LENGTH = 88
_TABLE = "tool.codemods"
_KEYS = ("adapted", "baseline", "exclude", "operators", "paths", "tiers")
_TIERS = ("1", "2", "3")
_GLOB = frozenset("*?[")


class ConfigError(UserError):
    """A setting that cannot be used. The message names the key and the file."""


@dataclass(frozen=True, slots=True)
class TierPath:
    """One entry of ``[tool.codemods.tiers]``: a folder, a file, or a glob."""

    tier: int
    text: str
    glob: GitIgnoreSpec | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, tier: int, text: str) -> TierPath:
        glob = _pattern(text) if _GLOB & set(text) else None
        return cls(tier, text, glob)

    def covers(self, path: str) -> bool:
        """Whether ``path`` (relative to the config's folder, with ``/``) is or lies below it."""
        if self.glob is not None:
            return self.glob.match_file(path)
        own = os.path.normpath(self.text).replace(os.sep, "/")
        return own == "." or path == own or path.startswith(f"{own}/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings, checked. What the file leaves out has its default here."""

    home: Path
    """The folder that the settings' paths start from: that of the file, if there is one."""
    file: Path | None = None
    paths: tuple[Path, ...] = ()
    """Absolute; empty: the working directory."""
    exclude: tuple[str, ...] = ()
    """Globs in gitignore's words, relative to ``home``."""
    operators: str | None = None
    adapted: tuple[str, ...] = ()
    baseline: Path | None = None
    """Absolute; what `--check` lets be."""
    tiers: tuple[TierPath, ...] = ()
    line_length: int = DEFAULT_LINE_LENGTH

    def tier_of(self, path: Path) -> int | None:
        """The tier that the settings give to a file: that of the longest entry that covers it.

        Args:
            path: absolute, or relative to the working directory.
        """
        relative = os.path.relpath(path, self.home).replace(os.sep, "/")
        if relative.startswith("../"):
            return None
        covering = [entry for entry in self.tiers if entry.covers(relative)]
        return max(covering, key=lambda entry: len(entry.text)).tier if covering else None


def load(start: Path) -> Config:
    """The settings that hold in a folder.

    The table is that of the nearest pyproject.toml that has one, going up from ``start``; the
    line length is that of ruff, else black, in the nearest file on the way that names one.

    Raises:
        ConfigError: a file on the way cannot be read or is no TOML; a key of the table is
            unknown or has a value of the wrong type.
    """
    start = Path(os.path.abspath(start))
    length: int | None = None
    nearest: Path | None = None
    for file in _files_above(start):
        data = _read(file)
        nearest = nearest or file
        length = length or _line_length(data)
        table = _subtable(data, "tool").get("codemods")
        if table is not None:
            return _config(table, file, length or DEFAULT_LINE_LENGTH)
    home = nearest.parent if nearest is not None else start
    return Config(home=home, line_length=length or DEFAULT_LINE_LENGTH)


def _files_above(start: Path) -> Iterator[Path]:
    for folder in (start, *start.parents):
        if (file := folder / FILE_NAME).is_file():
            yield file


def _read(file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_bytes().decode())
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{file}: not valid TOML: nested too deeply") from error


def _line_length(data: Mapping[str, Any]) -> int | None:
    """What the target's formatter is told; whatever else stands there is not ours to judge."""
    tools = _subtable(data, "tool")
    for tool in ("ruff", "black"):
        value = _subtable(tools, tool).get("line-length")
        if type(value) is int and value > 0:
            return value
    return None


def _subtable(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = table.get(key)
    return value if isinstance(value, Mapping) else {}


def _config(table: object, file: Path, line_length: int) -> Config:
    if not isinstance(table, Mapping):
        raise ConfigError(f"{file}: {_TABLE} must be a table, not {_toml_type(table)}")
    _check_keys(table, _KEYS, _TABLE, file)
    home = file.parent
    baseline = _string(table, "baseline", file)
    return Config(
        home=home,
        file=file,
        paths=tuple(Path(os.path.abspath(home / one)) for one in _strings(table, "paths", file)),
        exclude=_globs(table, "exclude", file),
        operators=_string(table, "operators", file),
        adapted=_strings(table, "adapted", file),
        baseline=None if baseline is None else Path(os.path.abspath(home / baseline)),
        tiers=_tiers(table, file),
        line_length=line_length,
    )


def _check_keys(table: Mapping[str, object], valid: tuple[str, ...], name: str, file: Path) -> None:
    for key in table:
        if key not in valid:
            nearest = difflib.get_close_matches(key, valid, n=1, cutoff=0.0)[0]
            raise ConfigError(
                f"{file}: unknown key {name}.{key}; the nearest valid one is {name}.{nearest}"
            )


def _string(table: Mapping[str, object], key: str, file: Path) -> str | None:
    value = table.get(key)
    if value is None or isinstance(value, str):
        return value
    raise ConfigError(f"{file}: {_TABLE}.{key} must be a string, not {_toml_type(value)}")


def _strings(
    table: Mapping[str, object], key: str, file: Path, name: str = _TABLE
) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list):
        raise ConfigError(
            f"{file}: {name}.{key} must be a list of strings, not {_toml_type(value)}"
        )
    for one in value:
        if not isinstance(one, str):
            raise ConfigError(
                f"{file}: {name}.{key} must be a list of strings; {one!r} is {_toml_type(one)}"
            )
    return tuple(value)


def _globs(
    table: Mapping[str, object], key: str, file: Path, name: str = _TABLE
) -> tuple[str, ...]:
    texts = _strings(table, key, file, name)
    for text in texts:
        try:
            _pattern(text)
        except ValueError as error:
            raise ConfigError(f"{file}: {name}.{key}: {text!r} is no pattern") from error
    return texts


def _pattern(text: str) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec  # takes longer to load than all settings to read

    return GitIgnoreSpec.from_lines([text])


def _tiers(table: Mapping[str, object], file: Path) -> tuple[TierPath, ...]:
    value = table.get("tiers", {})
    name = f"{_TABLE}.tiers"
    if not isinstance(value, Mapping):
        raise ConfigError(f"{file}: {name} must be a table, not {_toml_type(value)}")
    _check_keys(value, _TIERS, name, file)
    entries = [
        TierPath.of(int(tier), text)
        for tier in sorted(value)
        for text in _globs(value, tier, file, name)
    ]
    _check_single(entries, name, file)
    return tuple(entries)


def _check_single(entries: Iterable[TierPath], name: str, file: Path) -> None:
    seen: dict[str, int] = {}
    for entry in entries:
        other = seen.setdefault(os.path.normpath(entry.text), entry.tier)
        if other != entry.tier:
            raise ConfigError(
                f"{file}: {name}.{entry.tier}: {entry.text!r} is in tier {other} as well"
            )


def _toml_type(value: object) -> str:
    names = {bool: "a boolean", int: "an integer", float: "a float", str: "a string"}
    names |= {list: "a list", dict: "a table"}
    return names.get(type(value), f"a {type(value).__name__}")
