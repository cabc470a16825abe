"""The command `apply`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from codemods import options
from codemods.apply import Request, StoppedError, apply
from codemods.cache import chosen_cache
from codemods.cli_baseline import Wanted, chosen, ratcheted, written
from codemods.journal import Journal, JournalError
from codemods.report import diff, github, json, markdown, sarif, text
from codemods.requests import Choice, request_for
from codemods.results import Report
from codemods.terminal import (
    Mistake,
    mistakes,
    paint,
    progress_bar,
    put,
    put_bytes,
    say,
    tell_errors,
    working_folder,
)


@dataclass(frozen=True, slots=True)
class _Telling:
    """How the user wants to be told. ``style`` is None where no format was named."""

    style: str | None
    output: Path | None
    verbose: bool
    quiet: bool
    dry_run: bool
    jobs: int | None


@click.command("apply")
@options.paths
@options.tier
@options.rules
@click.option("--dry-run", is_flag=True, help="Write nothing; print the changes as a diff.")
@click.option("--check", is_flag=True, help="Write nothing; status 1 if anything would change.")
@options.baseline
@options.adapted
@options.jobs
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "sarif", "github", "markdown"]),
    help="What the report looks like; with --dry-run it takes the place of the diff, "
    "unless it goes to --output.  [default: text]",
)
@options.output
@options.operators
@click.option(
    "--verify",
    "verify",
    metavar="COMMAND",
    help="Run COMMAND (such as 'pytest -q') on copies before and after, and leave out the sites "
    "that make a difference; status 1 if there were any. Runs your code.",
)
@options.timeout
@click.option("--allow-dirty", is_flag=True, help="Also change files that git holds no copy of.")
@options.no_cache
@click.option("--no-journal", is_flag=True, help="Keep no copies for `codemods undo`.")
@click.option("--verbose", "-v", is_flag=True, help="List every site, also the suppressed ones.")
@options.quiet
@click.pass_context
def apply_command(
    context: click.Context,
    paths: tuple[Path, ...],
    tiers: tuple[int, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    dry_run: bool,
    check: bool,
    baseline: Path | None,
    no_baseline: bool,
    write_baseline: bool,
    adapted: bool,
    jobs: int | None,
    style: str | None,
    output: Path | None,
    operators: str | None,
    verify: str | None,
    timeout: float | None,
    allow_dirty: bool,
    no_cache: bool,
    no_journal: bool,
    verbose: bool,
    quiet: bool,
) -> None:
    """Rewrite the files in place.

    PATHS are files and folders; without any, the `paths` of [tool.codemods], else the current
    folder.
    """
    cwd = working_folder()
    with mistakes():
        request = request_for(
            paths,
            Choice(tiers, select, ignore, adapted, operators),
            cwd,
            jobs=jobs,
            allow_dirty=allow_dirty,
            write=not (dry_run or check),
            cache=chosen_cache(no_cache),
            journal=None if no_journal else Journal(),
        )
        wanted = Wanted(baseline, no_baseline, write_baseline, only_looks=check and not dry_run)
        known = chosen(wanted, request)
        if verify is not None:
            report, failed = _verified(request, verify, timeout, quiet)
        else:
            report, failed = _applied(request, quiet), False
        if write_baseline:
            written(request, report, known, quiet)
            tell_errors(report.errors)
            context.exit(3 if report.errors else 0)
        report = ratcheted(request, report, known, quiet)
    _tell(report, _Telling(style, output, verbose, quiet, dry_run, jobs))
    found = failed or (check and report.changes)
    context.exit(3 if report.errors else 1 if found else 0)


def _applied(request: Request, quiet: bool) -> Report:
    try:
        with progress_bar(request.found, quiet) as progress:
            return apply(request, progress)
    except JournalError as error:
        raise Mistake(f"{error}; with --no-journal no copies are kept") from error
    except KeyboardInterrupt:
        say("Interrupted: no file was changed.\n", sys.stderr)
    except StoppedError as stopped:
        _say_stopped(stopped)
    raise click.exceptions.Exit(130)


def _say_stopped(stopped: StoppedError) -> None:
    say(text.stopped(stopped.done, stopped.left, stopped.errors), sys.stderr)


def _verified(
    request: Request, command: str, timeout: float | None, quiet: bool
) -> tuple[Report, bool]:
    """The report, and whether a site was taken back."""
    from codemods.cli_verify import verified_apply

    try:
        found, told = verified_apply(request, command, timeout, quiet)
    except StoppedError as stopped:
        _say_stopped(stopped)
        raise click.exceptions.Exit(130) from None
    if not quiet:
        say(told, sys.stderr)
    return found.report, bool(found.taken_back)


def _tell(report: Report, telling: _Telling) -> None:
    diff_wanted = telling.dry_run and (telling.style in {None, "text"} or telling.output)
    if diff_wanted:
        put_bytes(diff.render(report.changes, telling.jobs))
    if telling.style not in {None, "text"} or telling.output:
        formats: dict[str, Callable[[Report], str]] = {
            "github": github.render,
            "json": json.render,
            "markdown": markdown.render,
            "sarif": sarif.render,
            "text": text.render,
        }
        words = formats[telling.style or "text"](report)
        if telling.style == "github" and telling.output is None:
            put_bytes(
                words.encode("utf-8", "surrogateescape")
            )  # names as they are on the disk, whatever the locale
        else:
            put(words, telling.output)
    elif not telling.quiet:
        stream = sys.stderr if diff_wanted else sys.stdout
        say(text.body(report, paint(stream), verbose=telling.verbose), stream)
    tell_errors(report.errors)
