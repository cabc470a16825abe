"""What the user is told, and how the user's mistakes end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

from codemods.config import ConfigError
from codemods.discover import MissingPathError
from codemods.report import text
from codemods.runner import Progress
from codemods.selection import UnknownRuleError
from codemods.tasks import Found
from codemods.vendor import PlacementError


class Mistake(click.ClickException):
    """The user's mistake, or a setting that cannot be read."""

    exit_code = 2


@contextmanager
def mistakes() -> Iterator[None]:
    """What the user got wrong, as an error with status 2."""
    try:
        yield
    except (ConfigError, MissingPathError, PlacementError, UnknownRuleError) as error:
        raise Mistake(str(error)) from error


def paint(stream: TextIO) -> text.Paint:
    """Colours, where the stream shows them and the user does not mind."""
    if os.environ.get("NO_COLOR") or not stream.isatty():
        return text.plain
    return _coloured


def _coloured(words: str, colour: str) -> str:
    return click.style(words, bold=True) if colour == "bold" else click.style(words, fg=colour)


@contextmanager
def progress_bar(found: Found, quiet: bool) -> Iterator[Progress]:
    """A bar on a terminal, else nothing."""
    if quiet or not sys.stderr.isatty():
        yield lambda done: None
        return
    with click.progressbar(length=len(found.tasks), label="files", file=sys.stderr) as bar:
        yield bar.update


def say(words: str, stream: TextIO) -> None:
    """Print, whatever the stream can spell: a file's name need not even be Unicode."""
    encoding = stream.encoding or "utf-8"
    click.echo(words.encode(encoding, "backslashreplace").decode(encoding), file=stream, nl=False)


def put(words: str, output: Path | None) -> None:
    """Print, or write into ``output``."""
    if output is None:
        say(words, sys.stdout)
        return
    try:
        output.write_bytes(words.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise Mistake(f"cannot write {output}: {error.strerror}") from error
