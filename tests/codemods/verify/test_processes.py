"""What is started is ended, whatever it does."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from codemods.verify import processes
from codemods.verify.processes import run

# The sleeper would outlive its parent. Its output goes where ours does.
_PARENT = """
import subprocess, sys, pathlib, signal
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
pathlib.Path("child").write_text(str(child.pid))
print("started", flush=True)
"""


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc")


@needs_proc
def test_what_a_command_leaves_behind_is_ended(tmp_path: Path) -> None:
    ended = run([sys.executable, "-c", _PARENT], tmp_path, os.environ, 60)
    assert (ended.status, ended.output) == (0, "started\n")
    assert not _is_running(int((tmp_path / "child").read_text()))


@needs_proc
@pytest.mark.parametrize(
    "stubborn",
    ["", "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"],
    ids=["gives way", "does not"],
)
def test_a_command_that_hangs_is_ended_with_all_it_started(
    tmp_path: Path, stubborn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE", 0.2)
    code = f"{_PARENT}{stubborn}print('waiting', flush=True)\nwhile True: signal.pause()\n"
    ended = run([sys.executable, "-c", code], tmp_path, os.environ, 2.0)
    assert ended.status is None
    assert ended.output.startswith("started\nwaiting\n")
    assert not _is_running(int((tmp_path / "child").read_text()))


@needs_proc
def test_an_interrupt_ends_the_command_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pids: list[int] = []

    def interrupted(process: object, timeout: float | None = None) -> int:
        if timeout is not None:
            pids.append(process.pid)  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        return real(process, timeout)  # type: ignore[arg-type]

    real = processes.subprocess.Popen.wait
    monkeypatch.setattr(processes.subprocess.Popen, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run([sys.executable, "-c", "import signal; signal.pause()"], tmp_path, os.environ, 60)
    assert pids
    assert not _is_running(pids[0])
