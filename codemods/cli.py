"""The command line: options in, calls out; no logic.

Exit status: 0 done; 1 ``--check`` found changes, or ``harness`` or ``verify`` a difference; 2 the
user's mistake; 3 some files could not be processed; 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import click

from codemods import __version__, options
from codemods.cache import chosen_cache
from codemods.config import load
from codemods.listing import Listing, list_all
from codemods.report import text
from codemods.tasks import find_tasks
from codemods.terminal import (
    Mistake,
    ended_in_order,
    mistakes,
    paint,
    progress_bar,
    put,
    say,
    tell_errors,
    working_folder,
)

if TYPE_CHECKING:
    from transforms.rule import Rule

_GOLDEN = Path(__file__).parents[1] / "golden"
_ALL_TIERS = frozenset({1, 2, 3})


# Commands that are loaded when they are asked for: they need more than the others wait for.
_LATER = {
    "apply": ("codemods.cli_apply", "apply_command"),
    "undo": ("codemods.cli_undo", "undo_command"),
    "verify": ("codemods.cli_verify", "verify_command"),
}


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
        listing = list_all(found, chosen_tiers, jobs, progress, chosen_cache(no_cache))
    from codemods.report import json, markdown

    formats: dict[str, Callable[[Listing], str]] = {
        "json": json.render_inventory,
        "markdown": markdown.render_inventory,
        # The errors are told below, unless the list goes elsewhere.
        "table": text.inventory_body if output is None else text.render_inventory,
    }
    put(formats[style](listing), output)
    tell_errors(listing.errors)
    context.exit(3 if listing.errors else 0)


@main.command("clean")
def clean_command() -> None:
    """Forget what earlier runs found out (see --no-cache)."""
    kept = chosen_cache(no_cache=False)
    try:
        found = kept is not None and kept.clean()
    except OSError as error:
        raise Mistake(f"cannot remove {error.filename}: {error.strerror}") from error
    say("The cache is empty now.\n" if found else "There was nothing to forget.\n", sys.stderr)


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
    from codemods.report import rules
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
    from codemods.report import rules
    from codemods.selection import find_named
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
