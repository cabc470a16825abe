"""What the user is told, and how the user's mistakes end."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TextIO

import click

from codemods.errors import UserError
from codemods.report import text
from codemods.results import FileError
from codemods.runner import Progress
from codemods.tasks import Found


class Mistake(click.ClickException):
    """The user's mistake, or a setting that cannot be read."""

    exit_code = 2


@contextmanager
def mistakes() -> Iterator[None]:
    """What the user got wrong, as an error with status 2."""
    try:
        yield
    except UserError as error:
        raise Mistake(str(error)) from error


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a terminal that is closed end the program the same way, workers too.

    What the process ignores (under ``nohup``, say) stays ignored.
    """
    signals = [signal.SIGTERM, *([signal.SIGHUP] if os.name == "posix" else [])]
    here = threading.current_thread() is threading.main_thread()
    minded = [each for each in signals if here and signal.getsignal(each) != signal.SIG_IGN]
    previous = {number: signal.signal(number, _interrupt) for number in minded}
    _open_streams()
    try:
        yield
    except KeyboardInterrupt:
        say("Interrupted.\n", sys.stderr)
        raise click.exceptions.Exit(130) from None
    except OSError as error:
        if error.errno == errno.EPIPE:  # nobody reads on: click ends without a word
            raise
        what = f" {error.filename}" if error.filename else ""
        raise Mistake(f"cannot go on:{what} {error.strerror or error}") from error
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _open_streams() -> None:
    """A stream that the caller has closed must not become the first file that is opened."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - it stays


def working_folder() -> Path:
    """Where the user is."""
    try:
        return Path.cwd()
    except OSError as error:
        raise Mistake(f"the working directory cannot be used: {error.strerror}") from error


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def paint(stream: TextIO) -> text.Paint:
    """Colours, where the stream shows them and the user does not mind."""
    dumb = os.environ.get("TERM") == "dumb"
    if os.environ.get("NO_COLOR") or dumb or not stream.isatty():
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
    # click's own bar: it knows the terminal, tells the time that is left, and is there already.
    started = time.monotonic()
    with click.progressbar(
        length=len(found.tasks),
        label="files",
        file=sys.stderr,
        show_pos=True,
        item_show_func=lambda rate: rate,
    ) as bar:

        def note(done: int) -> None:
            seconds = max(time.monotonic() - started, 1e-3)
            bar.update(done, f"{(bar.pos + done) / seconds:.0f}/s")

        yield note


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


def put_bytes(data: bytes) -> None:
    """Print bytes as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def tell_errors(errors: Sequence[FileError]) -> None:
    """What could not be done, and why."""
    for line in text.errors(errors, paint(sys.stderr)):
        say(f"{line}\n", sys.stderr)
