"""The command `verify`, and what `apply --verify` shares with it. They run the target's code."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from codemods import options
from codemods.apply import Request
from codemods.report import text, verification
from codemods.report.names import shown
from codemods.requests import Choice, request_for
from codemods.terminal import Mistake, mistakes, paint, put, say, working_folder
from codemods.verified import Verified, apply_verified, verify
from codemods.verify.commands import CommandError
from codemods.verify.copies import CopyError, tree_root
from codemods.verify.trials import NoEvidenceError, Target, Tell

_COMMAND = "codemods.command"


class _WithCommand(click.Command):
    """A command whose arguments behind ``--`` are another command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        ctx.meta[_COMMAND] = tuple(args[end + 1 :])
        return super().parse_args(ctx, args[:end])

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "--", "COMMAND..."]


@click.command("verify", cls=_WithCommand)
@options.paths
@options.tier
@options.rules
@options.adapted
@options.operators
@options.jobs
@options.timeout
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What the comparison looks like.",
)
@options.output
@options.quiet
@click.pass_context
def verify_command(
    context: click.Context,
    paths: tuple[Path, ...],
    tiers: tuple[int, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    adapted: bool,
    operators: str | None,
    jobs: int | None,
    timeout: float | None,
    style: str,
    output: Path | None,
    quiet: bool,
) -> None:
    """Run COMMAND on a copy as it is and on a rewritten copy, and compare.

    Runs your code, in scratch folders; your own files are only read. pytest is compared test by
    test, any other command by its exit status and output. PATHS are what is rewritten, as in
    `apply`. Status 0: as before; 1: something differs; 2: the command proves nothing.
    """
    cwd = working_folder()
    words = context.meta[_COMMAND]
    if not words:
        raise Mistake("name the command behind `--`, such as: codemods verify src -- pytest -q")
    choice = Choice(tiers, select, ignore, adapted, operators)
    with mistakes():
        request = request_for(paths, choice, cwd, jobs=jobs, allow_dirty=True, write=False)
    with _runs_code():
        found = verify(request, target(request, words, timeout), _tell(quiet))
    formats: dict[str, Callable[[], str]] = {
        "text": lambda: verification.render(
            found, words, text.plain if output else paint(sys.stdout)
        ),
        "json": lambda: verification.render_json(found, words),
    }
    put(formats[style](), output)
    for line in text.errors(found.report.errors, paint(sys.stderr)):
        say(f"{line}\n", sys.stderr)
    differs = found.verification is not None and found.verification.differs
    context.exit(1 if differs else 3 if found.report.errors or found.unreadable else 0)


def verified_apply(
    request: Request, command: str, timeout: float | None, quiet: bool
) -> tuple[Verified, str]:
    """What `apply --verify` does, and a line about it.

    Raises:
        StoppedError: the user stopped the writing.
    """
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise Mistake(f"--verify: {error}") from error
    with _runs_code():
        found = apply_verified(request, target(request, words, timeout), _tell(quiet))
    return found, verification.summary(found, words)


def target(request: Request, words: tuple[str, ...], timeout: float | None) -> Target:
    """What the command is run on: the tree around the working directory."""
    root = tree_root(request.cwd, request.home)
    return Target(root=root, cwd=request.cwd, words=words, timeout=timeout)


def _tell(quiet: bool) -> Tell:
    return lambda words: None if quiet else say(f"{words}\n", sys.stderr)


@contextmanager
def _runs_code() -> Iterator[None]:
    try:
        with mistakes():
            yield
    except (CommandError, CopyError, NoEvidenceError) as error:
        # It may quote what the command wrote.
        raise Mistake("\n".join(map(shown, str(error).splitlines()))) from error
    except KeyboardInterrupt:
        say("Interrupted: no file was changed.\n", sys.stderr)
        raise click.exceptions.Exit(130) from None
