"""The command `undo`."""

from __future__ import annotations

import sys

import click

from codemods.journal import Journal, project_of
from codemods.report import runs
from codemods.terminal import mistakes, say, tell_errors, working_folder
from codemods.undo import choose as choose_run
from codemods.undo import undo


@click.command("undo")
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
    tell_errors(result.errors)
    context.exit(3 if result.errors else 130 if result.left else 0)
