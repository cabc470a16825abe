"""Options that commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])


def paths(command: _Command) -> _Command:
    """The files and folders."""
    return click.argument(
        "paths",
        nargs=-1,
        type=click.Path(exists=True, path_type=Path),
        metavar="[PATHS]...",
    )(command)


def tier(command: _Command) -> _Command:
    """Which tiers."""
    return click.option(
        "--tier",
        "tiers",
        type=click.IntRange(1, 3),
        multiple=True,
        metavar="1|2|3",
        help="Only sites of this tier (repeatable).  [default: all]",
    )(command)


def rules(command: _Command) -> _Command:
    """Which rules."""
    ignore = click.option(
        "--ignore", multiple=True, metavar="RULE", help="Not this rule (code or name)."
    )
    select = click.option(
        "--select", multiple=True, metavar="RULE", help="Only this rule (code or name)."
    )
    return select(ignore(command))


def adapted(command: _Command) -> _Command:
    """Whether to change what rules name."""
    return click.option(
        "--adapted", is_flag=True, help="Also make rewrites that change a behaviour they name."
    )(command)


def operators(command: _Command) -> _Command:
    """Where the operators go."""
    return click.option(
        "--operators", metavar="MODULE", help="The module that the operators are vendored into."
    )(command)


def timeout(command: _Command) -> _Command:
    """How long a command may run."""
    return click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="The command is ended after so long.  [default: an hour as it is; rewritten, ten "
        "times what that took, and a minute]",
    )(command)


def jobs(command: _Command) -> _Command:
    """How many workers."""
    return click.option(
        "--jobs",
        "-j",
        type=click.IntRange(min=1),
        metavar="N",
        help="Worker processes.  [default: one for each core]",
    )(command)


def _in_a_folder(context: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
    """Before a file is touched: what cannot be written later is the user's mistake now."""
    if path is not None and not (path.parent.is_dir() and os.access(path.parent, os.W_OK)):
        raise click.BadParameter(f"cannot write {path}: no such folder, or not allowed to")
    return path


def output(command: _Command) -> _Command:
    """Where the report goes."""
    return click.option(
        "--output",
        "-o",
        callback=_in_a_folder,
        type=click.Path(dir_okay=False, writable=True, path_type=Path),
        metavar="FILE",
        help="Write the report to FILE instead of standard output.",
    )(command)


def quiet(command: _Command) -> _Command:
    """Less to read."""
    return click.option(
        "--quiet", "-q", is_flag=True, help="Tell only of errors: no progress, no summary."
    )(command)


def baseline(command: _Command) -> _Command:
    """What `--check` lets be."""
    for option in (
        click.option(
            "--write-baseline",
            is_flag=True,
            help="With --check: list what there is now in the baseline; status 0.",
        ),
        click.option(
            "--no-baseline", is_flag=True, help="With --check: do without the settings' baseline."
        ),
        click.option(
            "--baseline",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="With --check: fail only for primitives that FILE does not list.",
        ),
    ):
        command = option(command)
    return command


def no_cache(command: _Command) -> _Command:
    """Whether to remember."""
    return click.option(
        "--no-cache", is_flag=True, help="Neither use nor keep what earlier runs found out."
    )(command)
