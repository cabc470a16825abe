"""A command run in a folder, to its end or to the end of its time."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

#: Seconds in which a command that was interrupted may write its report and end by itself.
GRACE = 5.0
# Who was killed may stay listed for as long as nobody asks how he ended.
_DYING = 0.5
_MOST_OUTPUT = 10_000_000


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended. ``status`` is None when its time was up; below 0: ended by a signal."""

    status: int | None
    output: str
    """What it wrote to standard output and standard error, in order."""
    seconds: float


def run(command: Sequence[str], folder: Path, env: Mapping[str, str], timeout: float) -> Ended:
    """Run a command in a process group of its own.

    Args:
        command: the program and its arguments; no shell is involved.
        folder: the working directory.
        env: the whole environment.
        timeout: seconds after which it is interrupted as by Ctrl-C, and killed soon after.

    Raises:
        OSError: the program cannot be started.

    Guarantees: when this returns or raises, nothing of the process group runs any more.
    """
    started = time.monotonic()
    # A file, no pipe: who inherited a pipe and lives on would keep us waiting for its end.
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        status: int | None = None
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            # pytest says then where it stood, and reports the tests that had ended. Twice, because
            # asyncio takes the first one for a wish to cancel the task that does not give way.
            for _ in range(2):
                _signal(process, signal.SIGINT)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(GRACE / 2)
                    break
        finally:
            _kill(process)
        return Ended(status, _read(output), time.monotonic() - started)


def _signal(process: subprocess.Popen[bytes], number: int) -> bool:
    """Whether there was anybody to send it to."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)  # it leads its group, which is called as it is
        else:
            process.send_signal(number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the group. Nobody can refuse, but it takes a moment."""
    number = getattr(signal, "SIGKILL", signal.SIGTERM)
    patience = time.monotonic() + _DYING
    there = _signal(process, number)
    process.wait()
    while there and time.monotonic() < patience:
        time.sleep(0.005)
        there = _signal(process, number)


def _read(output: IO[bytes]) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - _MOST_OUTPUT))
    return output.read().decode("utf-8", "replace").replace("\r\n", "\n")
