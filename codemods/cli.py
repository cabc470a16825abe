"""The command line: options in, calls out; no logic.

Exit status: 0 done; 1 ``--check`` found changes, or ``harness`` or ``verify`` a difference; 2 the
user's mistake; 3 some files could not be processed; 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import click

from codemods import __version__, cache, options
from codemods.apply import Request, StoppedError, apply
from codemods.cache import Cache
from codemods.cli_baseline import Wanted, chosen, ratcheted, written
from codemods.config import load
from codemods.journal import Journal, JournalError, project_of
from codemods.listing import Listing, list_all
from codemods.report import diff, github, json, markdown, rules, runs, sarif, text
from codemods.requests import Choice, request_for
from codemods.results import FileError, Report
from codemods.selection import find_named
from codemods.tasks import find_tasks
from codemods.terminal import (
    Mistake,
    ended_in_order,
    mistakes,
    paint,
    progress_bar,
    put,
    put_bytes,
    say,
    working_folder,
)
from codemods.undo import choose as choose_run
from codemods.undo import undo
from transforms.table import TABLE

if TYPE_CHECKING:
    from transforms.rule import Rule

_TABLE = tuple(TABLE.values())
_GOLDEN = Path(__file__).parents[1] / "golden"
_ALL_TIERS = frozenset({1, 2, 3})


# Commands that are loaded when they are asked for: they need more than the others wait for.
_LATER = {"verify": ("codemods.cli_verify", "verify_command")}


class _Commands(click.Group):
    """Commands that end in order when they are told to end."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_LATER])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _LATER:
            return super().get_command(ctx, cmd_name)
        module, name = _LATER[cmd_name]
        command: click.Command = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        with ended_in_order():
            return super().invoke(ctx)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="codemods")
def main() -> None:
    """Move asyncio code to ReactiveX without changing what it does."""


# --------------------------------------------------------------------------------------
# apply


@dataclass(frozen=True, slots=True)
class _Telling:
    """How the user wants to be told. ``style`` is None where no format was named."""

    style: str | None
    output: Path | None
    verbose: bool
    quiet: bool
    dry_run: bool


@main.command("apply")
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
            cache=_cache(no_cache),
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
            _tell_errors(report.errors)
            context.exit(3 if report.errors else 0)
        report = ratcheted(request, report, known, quiet)
    _tell(report, _Telling(style, output, verbose, quiet, dry_run))
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
        put_bytes(diff.render(report.changes))
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
    _tell_errors(report.errors)


def _tell_errors(errors: Sequence[FileError]) -> None:
    for line in text.errors(errors, paint(sys.stderr)):
        say(f"{line}\n", sys.stderr)


@main.command("undo")
@click.argument("run", type=click.IntRange(min=1), required=False, metavar="[RUN]")
@click.option("--list", "listed", is_flag=True, help="List the runs; change nothing.")
@click.option("--all", "everywhere", is_flag=True, help="With --list: those of other projects too.")
@click.option(
    "--skip-edited", is_flag=True, help="Leave files that were edited since; take back the others."
)
@click.pass_context
def undo_command(
    context: click.Context, run: int | None, listed: bool, everywhere: bool, skip_edited: bool
) -> None:
    """Take a run of `apply` back, be it finished or interrupted: all of its files, or none.

    RUN is a number from --list; without it, the last run in this project.
    """
    cwd = working_folder()
    project = project_of(cwd)
    journal = Journal()
    with mistakes():
        if listed:
            say(runs.render(journal.runs(None if everywhere else project)), sys.stdout)
            return
        result = undo(journal, choose_run(journal, run, project), cwd, skip_edited=skip_edited)
    say(runs.undone(result), sys.stdout)
    _tell_errors(result.errors)
    context.exit(3 if result.errors else 130 if result.left else 0)


# --------------------------------------------------------------------------------------
# what there is


@main.command("inventory")
@options.paths
@options.tier
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json", "markdown"]),
    default="table",
    show_default=True,
    help="What the list looks like.",
)
@options.output
@options.jobs
@options.no_cache
@options.quiet
@click.pass_context
def inventory_command(
    context: click.Context,
    paths: tuple[Path, ...],
    tiers: tuple[int, ...],
    style: str,
    output: Path | None,
    jobs: int | None,
    no_cache: bool,
    quiet: bool,
) -> None:
    """List every primitive: where it is, its parameters, its tier, the rule that would take it."""
    cwd = working_folder()
    with mistakes():
        found = find_tasks(paths, load(cwd), cwd)
    with progress_bar(found, quiet) as progress:
        chosen_tiers = frozenset(tiers) or _ALL_TIERS
        listing = list_all(found, chosen_tiers, jobs, progress, _cache(no_cache))
    formats: dict[str, Callable[[Listing], str]] = {
        "json": json.render_inventory,
        "markdown": markdown.render_inventory,
        # The errors are told below, unless the list goes elsewhere.
        "table": text.inventory_body if output is None else text.render_inventory,
    }
    put(formats[style](listing), output)
    _tell_errors(listing.errors)
    context.exit(3 if listing.errors else 0)


@main.command("clean")
def clean_command() -> None:
    """Forget what earlier runs found out (see --no-cache)."""
    kept = _cache(no_cache=False)
    try:
        found = kept is not None and kept.clean()
    except OSError as error:
        raise Mistake(f"cannot remove {error.filename}: {error.strerror}") from error
    say("The cache is empty now.\n" if found else "There was nothing to forget.\n", sys.stderr)


def _cache(no_cache: bool) -> Cache | None:
    folder = None if no_cache else cache.default_folder()
    return None if folder is None else Cache(folder)


@main.command("rules")
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json", "markdown"]),
    default="table",
    show_default=True,
    help="What the list looks like.",
)
@options.output
def rules_command(style: str, output: Path | None) -> None:
    """List the rules: tier, exact or adapted, the operators and packages that each needs."""
    from transforms import RULES

    formats: dict[str, Callable[[Sequence[Rule]], str]] = {
        "json": rules.render_json,
        "markdown": rules.render_markdown,
        "table": rules.render,
    }
    put(formats[style](RULES), output)


@main.command("explain")
@click.argument("rule", metavar="CODE")
def explain_command(rule: str) -> None:
    """Explain one rule (code or name): what it does, and when it leaves code alone."""
    from transforms import RULES

    with mistakes():
        found = find_named(rule, RULES)
    example = rules.example_of(found, _GOLDEN)
    say(rules.explain(found, example, paint(sys.stdout)), sys.stdout)


# --------------------------------------------------------------------------------------
# proof


@main.command("harness")
@click.option("--golden", is_flag=True, help="Run each golden case against its original.")
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    metavar="K",
    help="With --golden: in how many worlds each case is run.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What the evidence looks like.",
)
@click.option(
    "--write-contracts", is_flag=True, help="Also write the evidence into transforms/CONTRACTS.md."
)
@click.pass_context
def harness_command(
    context: click.Context, golden: bool, seeds: int, style: str, write_contracts: bool
) -> None:
    """Attack the vendored operators; with --golden, compare each rewrite with its original."""
    if golden:
        _golden_is_there()
        context.exit(_harness("golden").run_golden(_GOLDEN, seeds, style))
    if write_contracts:
        context.exit(_harness("contracts").write_contracts(style))
    context.exit(_harness("patterns").run_patterns(style))


@main.command("demo")
@click.pass_context
def demo_command(context: click.Context) -> None:
    """Migrate a sample application in a scratch folder, and run its tests before and after."""
    _golden_is_there()
    context.exit(_harness("demo").run_demo())


def _golden_is_there() -> None:
    if not _GOLDEN.is_dir():
        raise Mistake(f"the golden cases are not installed; run it in a checkout (no {_GOLDEN})")


def _harness(name: str) -> ModuleType:
    """A module of the harness, which needs more than the tool itself does."""
    try:
        return import_module(f"codemods.verify.{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "codemods":
            raise Mistake(f"this version comes without {error.name}") from error
        raise Mistake(f"{error}; run `pip install 'codemods[harness]'`") from error
