"""All files are looked at, in order, whatever happens to one of them."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from codemods import runner
from codemods.alarms import Limit
from codemods.results import FileError, FileReport, Passed
from codemods.rewrite import FileResult, Settings, rewrite
from codemods.runner import Task, cores, list_file, rewrite_file, run
from codemods.vendor import module_bytes
from codemods.workers import mapped
from transforms import RULES

SLEEPS = b"import asyncio\n\n\nasync def nap():\n    await asyncio.sleep(1)\n"


def tasks_of(folder: Path, **files: bytes) -> list[Task]:
    tasks = []
    for name, data in files.items():
        path = folder / f"{name}.py"
        path.write_bytes(data)
        tasks.append(Task(str(path), path.name, "_operators", None))
    return tasks


def many(folder: Path, number: int = 40) -> list[Task]:
    """More than is done without workers."""
    filler = b"# " + b"x" * 4000 + b"\n"
    files = {f"f{i:03}": SLEEPS + filler + b"# %d\n" % i for i in range(number)}
    return tasks_of(folder, **files)


def length(task: Task, data: bytes) -> int:
    return len(data)


def who(task: Task, data: bytes) -> str:
    return f"{task.name} by {'parent' if os.getpid() == PARENT else 'worker'}"


PARENT = os.getpid()


def choke(bad: Sequence[str], task: Task, data: bytes) -> str:
    if task.name in bad:
        raise RecursionError("too deep")
    return task.name


def die(bad: Sequence[str], task: Task, data: bytes) -> str:
    if task.name in bad:
        os._exit(7)
    return task.name


# --- order, cores ------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2, 4, None])
def test_results_are_in_the_order_of_the_tasks(tmp_path: Path, jobs: int | None) -> None:
    tasks = many(tmp_path)
    assert run(length, tasks, jobs) == [task.path.stat().st_size for task in tasks]


def test_workers_are_only_started_when_it_pays(tmp_path: Path) -> None:
    assert run(who, tasks_of(tmp_path, a=SLEEPS, b=SLEEPS), 4) == [
        "a.py by parent",
        "b.py by parent",
    ]
    assert run(who, many(tmp_path), 4)[0] == "f000.py by worker"
    assert run(who, many(tmp_path), 1)[0] == "f000.py by parent"


def test_progress_adds_up(tmp_path: Path) -> None:
    tasks = [*many(tmp_path), *tasks_of(tmp_path, dull=b"x = 1\n")]
    for jobs in (1, 3):
        seen: list[int] = []
        run(length, tasks, jobs, seen.append)
        assert sum(seen) == len(tasks)


def test_files_without_primitives_are_dismissed(tmp_path: Path) -> None:
    tasks = tasks_of(tmp_path, dull=b"x = 1\n", empty=b"", copy=module_bytes(), nap=SLEEPS)
    assert run(length, tasks) == [None, None, None, len(SLEEPS)]


def test_there_is_at_least_one_core() -> None:
    assert cores() >= 1


def test_the_work_can_be_sent_to_a_worker() -> None:
    settings = Settings(rules=RULES, operators_module="")
    pickle.dumps(partial(rewrite_file, settings))


# --- trouble -----------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 4])
def test_an_exception_is_one_files_error(tmp_path: Path, jobs: int) -> None:
    results = run(partial(choke, ["f003.py"]), many(tmp_path), jobs)
    assert results[2] == "f002.py"
    error = results[3]
    assert isinstance(error, FileError)
    assert (error.path, error.kind) == ("f003.py", "internal-error")
    assert error.message.startswith("RecursionError: too deep (test_runner.py:")
    assert [r for r in results if isinstance(r, FileError)] == [error]


def test_a_dying_worker_takes_nobody_along(tmp_path: Path) -> None:
    results = run(partial(die, ["f003.py", "f017.py"]), many(tmp_path), 4)
    errors = [result for result in results if isinstance(result, FileError)]
    assert [(error.path, error.kind) for error in errors] == [
        ("f003.py", "internal-error"),
        ("f017.py", "internal-error"),
    ]
    assert sum(isinstance(result, str) for result in results) == 38


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    tasks = tasks_of(tmp_path, a=SLEEPS, b=SLEEPS)
    tasks[0].path.unlink()
    error, after = run(length, tasks)
    assert isinstance(error, FileError)
    assert (error.kind, error.message) == ("not-found", "No such file or directory")
    assert after == len(SLEEPS)


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = tasks_of(tmp_path, a=SLEEPS, b=SLEEPS)
    stock = runner.read_stamped

    def read_bytes(path: str) -> bytes:
        if path.endswith("a.py"):
            raise PermissionError(13, "Permission denied")
        return stock(path)

    monkeypatch.setattr(runner, "read_stamped", read_bytes)
    error, after = run(length, tasks)
    assert isinstance(error, FileError)
    assert error.kind == "permission-denied"
    assert after == len(SLEEPS)


def test_a_folder_with_a_sources_name(tmp_path: Path) -> None:
    (tmp_path / "a.py").mkdir()
    [error] = run(length, [Task(str(tmp_path / "a.py"), "a.py", "_operators", None)])
    assert isinstance(error, FileError)
    assert error.kind == "read-error"


def test_an_interrupt_stops_the_run(tmp_path: Path) -> None:
    def progress(done: int) -> None:
        if done:
            raise KeyboardInterrupt

    for jobs in (1, 4):
        with pytest.raises(KeyboardInterrupt):
            run(length, many(tmp_path), jobs, progress)


def linger(task: Task, data: bytes) -> str:
    time.sleep(30)
    return task.name


@pytest.fixture
def interrupts() -> Iterator[None]:
    """Who runs the tests in the background may let them ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupts")
def test_an_interrupt_does_not_wait_for_the_workers(tmp_path: Path) -> None:
    tasks = [*many(tmp_path), *tasks_of(tmp_path, dull=b"x = 1\n")]
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(linger, tasks, 2)
    assert time.monotonic() - started < 15
    assert multiprocessing.active_children() == []
    timer.join()


def hang(bad: Sequence[str], task: Task, data: bytes) -> str:
    while task.name in bad:
        time.sleep(0.01)
    return task.name


def spin(bad: Sequence[str], task: Task, data: bytes) -> str:
    while task.name in bad:
        pass
    return task.name


def hang_outside_python(bad: Sequence[str], task: Task, data: bytes) -> str:
    if task.name in bad:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        re.match(r"(a+)+$", "a" * 60 + "b")  # this holds the interpreter's lock for ages
    return task.name


@pytest.mark.parametrize(
    ("work", "jobs", "limit"),
    [
        pytest.param(hang, 1, Limit(60, 0.5), id="waiting-1"),
        pytest.param(hang, 3, Limit(60, 0.5), id="waiting-3"),
        pytest.param(spin, 1, Limit(0.3, 600), id="working-1"),
        pytest.param(spin, 3, Limit(0.3, 600), id="working-3"),
        pytest.param(hang_outside_python, 3, Limit(0.3, 600), id="outside-of-python-3"),
    ],
)
def test_a_hanging_file_takes_nobody_along(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    work: Callable[..., str],
    jobs: int,
    limit: Limit,
) -> None:
    monkeypatch.setattr(runner, "TIME_LIMIT", limit)
    results = run(partial(work, ["f003.py"]), many(tmp_path), jobs)
    [error] = [result for result in results if isinstance(result, FileError)]
    assert (error.path, error.kind) == ("f003.py", "time-out")
    assert sum(isinstance(result, str) for result in results) == 39
    assert multiprocessing.active_children() == []


def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    many(tmp_path)
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from codemods.runner import Task, run\n"
        "def work(task, data):\n"
        "    os.write(1, b'%d\\n' % os.getpid())\n"
        "    signal.pause()\n"
        "tasks = [Task(str(p), p.name, '', None) for p in sorted(Path(sys.argv[1]).glob('*.py'))]\n"
        "run(work, tasks, 2)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        workers = [int(process.stdout.readline()) for _ in range(2)]
        process.kill()
        # Its end of the pipe is closed when the last worker is gone.
        assert process.stdout.read() == b""
    assert len(set(workers)) == 2


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.py")
    [error] = run(length, [Task(str(tmp_path / "a.py"), "a.py", "_operators", None)])
    assert isinstance(error, FileError)
    assert (error.kind, error.message) == ("read-error", "not a regular file")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.py").open("wb") as file:
        file.truncate(50_000_000)
    [error] = run(length, [Task(str(tmp_path / "a.py"), "a.py", "_operators", None)])
    assert isinstance(error, FileError)
    assert (error.kind, error.message) == (
        "too-large",
        "50.0 MB; files above 10 MB are not read",
    )


def test_a_large_file_is_parsed_only_if_it_must_be(tmp_path: Path) -> None:
    filler = b"# " + b"x" * 3_000_000
    dull, nap = tasks_of(tmp_path, dull=filler, nap=SLEEPS + filler)
    assert run(length, [dull, replace(dull, named=True)]) == [None, None]
    [error] = run(length, [nap])
    assert isinstance(error, FileError)
    assert (error.kind, error.message) == ("too-large", "3.0 MB; files above 2 MB are not parsed")


# --- one file ----------------------------------------------------------------------------

SETTINGS = Settings(rules=RULES, operators_module="")


def rewritten(data: bytes) -> FileReport | FileError:
    return rewrite_file(SETTINGS, Task("a.py", "a.py", "_operators", None), data)


def test_syntax_error() -> None:
    error = rewritten(b"import asyncio\nawait asyncio.sleep(1)\ndef f(:\n")
    assert isinstance(error, FileError)
    assert (error.kind, error.line) == ("syntax-error", 3)


@pytest.mark.parametrize(
    "deep",
    [
        pytest.param("x = " + "-" * 10_000 + "1\n", id="operators"),
        pytest.param("x = a" + ".b" * 10_000 + "\n", id="attributes"),
        pytest.param("x = " + "(" * 10_000 + ")" * 10_000 + "\n", id="parentheses"),
        pytest.param("if a: pass\n" + "elif a: pass\n" * 10_000, id="elif"),
        pytest.param("".join(" " * n + "if a:\n" for n in range(10_000)), id="blocks"),
    ],
)
def test_deep_nesting_is_an_error(deep: str) -> None:
    error = rewritten(SLEEPS + deep.encode())
    assert isinstance(error, FileError)
    assert error.kind == "syntax-error"  # the running Python's own parser gives up as well
    assert re.search("nested|indentation", error.message)


@pytest.mark.parametrize("levels", [200, 260, 900])
def test_the_bound_on_nesting(levels: int) -> None:
    found = rewritten(SLEEPS + b"x = 1" + b" + 1" * levels + b"\n")
    if levels == 200:
        assert isinstance(found, FileReport)
        assert found.changed
    else:
        assert isinstance(found, FileError)
        assert (found.kind, found.line) == ("too-deep", 6)


@pytest.mark.parametrize(("named", "kind"), [(True, "syntax-error"), (False, None)])
def test_what_holds_no_primitive_is_only_checked_if_it_is_named(
    tmp_path: Path, named: bool, kind: str | None
) -> None:
    [task] = tasks_of(tmp_path, a=b"def f(:\n")
    for work in (partial(rewrite_file, SETTINGS), list_file):
        [found] = run(work, [replace(task, named=named)])
        assert getattr(found, "kind", None) == kind


def test_encoding_error() -> None:
    error = rewritten(b"import asyncio\n\n\nx = '\xe9'\n")
    assert isinstance(error, FileError)
    assert (error.kind, error.line) == ("encoding-error", 4)


@pytest.mark.parametrize(
    ("begin", "encoding", "newline"),
    [
        pytest.param("# coding: latin-1\n# caf\u00e9\n", "latin-1", "\n", id="Latin-1"),
        pytest.param("\ufeff# caf\u00e9\n", "utf-8", "\n", id="byte order mark"),
        pytest.param("# caf\u00e9\n", "utf-8", "\r\n", id="CRLF"),
    ],
)
@pytest.mark.parametrize("end", ["\n", ""], ids=["final newline", "none"])
def test_bytes_outside_the_change_are_kept(
    begin: str, encoding: str, newline: str, end: str
) -> None:
    text = begin + SLEEPS.decode() + "\n\ndef caf\u00e9():\n\treturn '\u00e9'" + end
    data = text.replace("\n", newline).encode(encoding)
    report = rewritten(data)
    assert isinstance(report, FileReport)
    assert report.change is not None
    after = report.change.after
    assert after.startswith(begin.replace("\n", newline).encode(encoding))
    tail = f"\n\ndef caf\u00e9():\n\treturn '\u00e9'{end}".replace("\n", newline)
    assert after.endswith(tail.encode(encoding))
    assert after.count(b"\n") == after.count(newline.encode())


def test_primitives_are_listed() -> None:
    task = Task("a.py", "a.py", "_operators", None)
    found = list_file(task, SLEEPS)
    assert not isinstance(found, FileError)
    assert [entry.primitive.line for entry in found] == [5]
    error = list_file(task, b"# coding: klingon\n")
    assert isinstance(error, FileError)
    assert error.kind == "encoding-error"


def test_what_cannot_be_encoded_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_euro(text: str, path: str, settings: Settings) -> FileResult:
        result = rewrite(text, path, settings)
        return replace(result, after=text + "# \u20ac\n")

    monkeypatch.setattr("codemods.rewrite.rewrite", with_euro)
    error = rewritten(b"# coding: latin-1\n" + SLEEPS)
    assert isinstance(error, FileError)
    assert error.kind == "encoding-error"
    assert "\u20ac" in error.message


def test_generated_files_are_passed_over_unless_they_are_named(tmp_path: Path) -> None:
    [task] = tasks_of(tmp_path, a=b"# @generated\n" + SLEEPS)
    assert run(length, [task]) == [Passed("a.py", "generated")]
    assert run(length, [replace(task, named=True)]) == [task.path.stat().st_size]


def test_an_inventory_does_without_libcst() -> None:
    code = "import sys, codemods.cli; print('libcst' in sys.modules, 'reactivex' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


# --- anything else on all cores ------------------------------------------------------------


def square(number: int) -> int:
    if number == 3 and os.getpid() != PARENT:
        os._exit(1)
    return number * number


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_worker_loses_is_done_here(workers: int) -> None:
    found = mapped(square, range(9), runner.TIME_LIMIT, workers)
    assert found == [number * number for number in range(9)]
