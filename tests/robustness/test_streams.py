"""What happens to the program from outside: signals, closed and full streams, odd locales."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

NAP = b"import asyncio\n\n\nasync def nap():\n    await asyncio.sleep(1)\n"
CODEMODS = [sys.executable, "-m", "codemods"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with three files that change."""
    for number in range(3):
        (tmp_path / f"module_{number}.py").write_bytes(NAP)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str, shell: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = " ".join([*CODEMODS, *words, shell])
    return subprocess.run(
        ["bash", "-c", command],
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        timeout=120,
    )


# --- signals -----------------------------------------------------------------------------

AT_WORK = """\
import os, signal, sys, time
# Whoever runs the tests may ignore some, and that would be inherited.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
import codemods.apply
from codemods.cli import main

def slow(task, data):
    os.write(1, b"at work\\n")  # in one piece, whoever else writes
    time.sleep(100)

stock = codemods.apply.run
codemods.apply.run = lambda work, *rest, **named: stock(slow, *rest, **named)
main(["apply", *sys.argv[1:]])
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_signals_end_it_in_order(folder: Path, number: signal.Signals, jobs: str) -> None:
    (folder / "large.py").write_bytes(NAP + b"# " + b"-" * 120_000)
    command = [sys.executable, "-c", AT_WORK, "--jobs", jobs]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(int(jobs)):
            assert process.stdout.readline() == b"at work\n"
        process.send_signal(number)
        # The pipe ends when the last worker is gone.
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == b"Interrupted: no file was changed.\n"
    assert {path.read_bytes() for path in folder.glob("module*")} == {NAP}


def test_what_is_ignored_stays_ignored(folder: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "from codemods import workspace\n"
        "stock = os.replace\n"
        "def replace(*names):\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n"
        "    stock(*names)\n"
        "workspace.os.replace = replace\n"
        "from codemods.cli import main\n"
        "main(['apply', 'module_1.py', 'module_2.py'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"asyncio.sleep" not in (folder / "module_2.py").read_bytes()


# --- streams -----------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("inventory",), ("apply", "--dry-run")])
def test_a_reader_that_goes_away(folder: Path, words: tuple[str, ...]) -> None:
    # More than fits into a pipe, as is the diff of the operators module.
    (folder / "long.py").write_bytes(NAP + b"    await asyncio.sleep(1)  # codemods: skip\n" * 1500)
    done = run(*words, shell="| head -1")
    assert done.stdout.count(b"\n") == 1
    assert b"Traceback" not in done.stderr
    assert b"BrokenPipe" not in done.stderr


@pytest.mark.parametrize("words", [("inventory",), ("apply", "--dry-run"), ("rules",)])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")
def test_a_full_disk_behind_the_output(folder: Path, words: tuple[str, ...]) -> None:
    done = run(*words, shell="> /dev/full")
    assert done.returncode == 2
    assert done.stderr.endswith(b"Error: cannot go on: No space left on device\n")
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "status", "closed"),
    [
        (("inventory",), 0, "0<&- >&- 2>&-"),
        (("apply", "--check"), 1, "2>&-"),
        (("apply",), 0, ">&-"),
    ],
)
def test_closed_streams(folder: Path, words: tuple[str, ...], status: int, closed: str) -> None:
    done = run(*words, "module_1.py", shell=closed)
    assert done.returncode == status
    assert done.stderr == b""
    assert (b"asyncio.sleep" in (folder / "module_1.py").read_bytes()) == (words != ("apply",))


def test_a_working_directory_that_is_gone(folder: Path) -> None:
    (folder / "gone").mkdir()
    command = " ".join([*CODEMODS, "inventory"])
    done = subprocess.run(
        ["bash", "-c", f"cd gone && rmdir ../gone && {command}"], capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b"working directory" in done.stderr


# --- locales -----------------------------------------------------------------------------

ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@pytest.mark.parametrize("locale", [ASCII, {"LC_ALL": "C.UTF-8"}], ids=["ASCII", "UTF-8"])
def test_names_in_any_locale(folder: Path, locale: dict[str, str]) -> None:
    names = [b"caf\xc3\xa9.py", b"\xff.py"]
    for name in names:
        Path(os.fsdecode(name)).write_bytes(NAP)
    paths = "caf*.py \\\\xff.py".replace("\\\\xff", "$'\\xff'")
    told = run("apply", "--check", "--format", "github", paths, **locale)
    assert told.returncode == 1, told.stderr
    assert all(b"file=" + name in told.stdout for name in names)
    patch = run("apply", "--dry-run", paths, **locale)
    assert all(b"+++ b/" + name in patch.stdout for name in names)
    done = run("apply", paths, **locale)
    assert done.returncode == 0
    assert b"\\xff.py" in done.stdout
    assert all(b"asyncio.sleep" not in Path(os.fsdecode(n)).read_bytes() for n in names)


@pytest.mark.parametrize("setting", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_no_colours_where_none_are_wanted(folder: Path, setting: dict[str, str]) -> None:
    terminal = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
    command = [sys.executable, "-c", terminal, *CODEMODS, "explain", "RX201"]
    plain = {**os.environ, "TERM": "xterm", **setting}
    done = subprocess.run(command, env=plain, capture_output=True, check=False)
    assert b"RX201" in done.stdout
    assert b"\x1b[" not in done.stdout
    coloured = {**os.environ, "TERM": "xterm"}
    done = subprocess.run(command, env=coloured, capture_output=True, check=False)
    assert b"\x1b[" in done.stdout


# --- much and little ---------------------------------------------------------------------


def test_more_jobs_than_a_machine_has(folder: Path) -> None:
    (folder / "large.py").write_bytes(NAP + b"# " + b"-" * 120_000)
    done = run("inventory", "--jobs", "100000")
    assert done.returncode == 0
    assert b"4 primitives in 4 files" in done.stdout


def test_paths_that_overlap(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "a.py").write_bytes(NAP)
    done = run("inventory", "sub", "sub/a.py", "./sub/../sub", str(folder / "sub" / "a.py"))
    assert done.stdout.endswith(b"1 primitive in 1 file: 1 sleep\n")


def test_nothing_to_look_at(folder: Path) -> None:
    (folder / "empty").mkdir()
    for words, told in (("inventory", b"0 primitives in 0 files\n"), ("apply", b"nothing to do\n")):
        done = run(words, "empty")
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.endswith(told)
