"""What is remembered is what would be found, and nothing that goes wrong with it is noticed."""

from __future__ import annotations

import os
import pickle
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from codemods import runner
from codemods.cache import Cache, Seen, digest
from codemods.memory import Memory
from codemods.results import FileError, FileReport, Passed
from codemods.rewrite import Settings
from codemods.runner import Task, list_file, rewrite_file, run
from transforms import RULES
from transforms.syntax.elsewhere import Elsewhere

SETTINGS = Settings(rules=RULES, operators_module="")
FILES = {
    "nap.py": b"import asyncio\n\n\nasync def nap():\n    await asyncio.sleep(1)\n",
    "dull.py": b"x = 1\n",
    "made.py": b"# @generated\nimport asyncio\n",
    "bad.py": b"import asyncio\nasyncio.sleep(\n",
}


@pytest.fixture
def tasks(tmp_path: Path) -> list[Task]:
    (tmp_path / "src").mkdir()
    return [written(tmp_path / "src" / name, data) for name, data in FILES.items()]


def written(path: Path, data: bytes) -> Task:
    path.write_bytes(data)
    os.utime(path, (1, 1))
    return Task(str(path), path.name, "_operators", None)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    # The files of these tests are younger than what is remembered otherwise.
    monkeypatch.setattr("codemods.cache._SETTLED", -(10**12))
    return Cache(tmp_path / "cache")


def forbidden(task: Task, data: bytes) -> str:
    raise AssertionError(task.name)


def remembered(cache: Cache, tasks: list[Task], question: object = "inventory") -> list[object]:
    """What is known: to look at a file is an internal error."""
    found = run(forbidden, tasks, memory=Memory.of(cache, "primitives", question))
    return [
        "unknown" if isinstance(one, FileError) and one.kind == "internal-error" else one
        for one in found
    ]


def test_what_was_found_is_known_the_next_time(cache: Cache, tasks: list[Task]) -> None:
    memory = Memory.of(cache, "primitives", "inventory")
    first = run(list_file, tasks, memory=memory)
    assert remembered(cache, tasks) == first
    assert isinstance(first[0], tuple)
    assert first[1:3] == [None, Passed("made.py", "generated")]
    assert isinstance(first[3], FileError)


def test_rewrites_are_known_with_the_bytes_they_replace(cache: Cache, tasks: list[Task]) -> None:
    question = ("rewrite", SETTINGS)
    memory = Memory.of(cache, "primitives", question)
    first = run(partial(rewrite_file, SETTINGS), tasks, memory=memory)
    assert remembered(cache, tasks, question) == first
    report = first[0]
    assert isinstance(report, FileReport)
    assert report.change is not None
    assert report.change.before == FILES["nap.py"]


@pytest.mark.parametrize(
    "other",
    [
        replace(SETTINGS, rules=RULES[1:]),
        replace(SETTINGS, tiers=frozenset({1})),
        replace(SETTINGS, adapted=frozenset({"RX104"})),
        replace(SETTINGS, line_length=100),
        replace(SETTINGS, elsewhere=Elsewhere(frozenset({"_sem"}))),
    ],
    ids=["rules", "tiers", "adapted", "line-length", "elsewhere"],
)
def test_every_setting_counts(cache: Cache, tasks: list[Task], other: Settings) -> None:
    memory = Memory.of(cache, "primitives", ("rewrite", SETTINGS))
    run(partial(rewrite_file, SETTINGS), tasks, memory=memory)
    assert remembered(cache, tasks, ("rewrite", other))[0] == "unknown"


@pytest.mark.parametrize(
    "change",
    [
        lambda task: replace(task, operators_module="other"),
        lambda task: replace(task, tier=1),
        lambda task: replace(task, name="src/nap.py"),
        lambda task: replace(task, named=True),
    ],
    ids=["operators", "tier", "name", "named"],
)
def test_all_of_a_task_counts(
    cache: Cache, tasks: list[Task], change: Callable[[Task], Task]
) -> None:
    run(list_file, tasks, memory=Memory.of(cache, "primitives", "inventory"))
    assert remembered(cache, [change(tasks[0])]) == ["unknown"]


def test_a_changed_file_is_not_known(cache: Cache, tasks: list[Task]) -> None:
    run(list_file, tasks, memory=Memory.of(cache, "primitives", "inventory"))
    written(tasks[0].path, FILES["nap.py"].replace(b"1", b"2"))  # of the same size and time
    assert remembered(cache, tasks)[0] == "unknown"


def test_a_defect_of_ours_is_tried_again(cache: Cache, tasks: list[Task]) -> None:
    memory = Memory.of(cache, "primitives", "inventory")
    run(forbidden, tasks, memory=memory)
    assert remembered(cache, tasks)[0] == "unknown"


def test_what_was_just_written_is_not_trusted(tasks: list[Task], tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    run(list_file, tasks, memory=Memory.of(cache, "primitives", "inventory"))
    assert remembered(cache, tasks)[0] == "unknown"


def damage(file: Path) -> None:
    file.write_bytes(b"no database" * 1000)


def empty(file: Path) -> None:
    file.write_bytes(b"")


def other_tables(file: Path) -> None:
    file.unlink()
    with sqlite3.connect(file) as store:
        store.execute("CREATE TABLE seen (a)")


def folder_instead(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("harm", [damage, empty, other_tables, folder_instead])
def test_a_damaged_store_costs_nothing_but_memory(
    cache: Cache, tasks: list[Task], harm: Callable[[Path], None]
) -> None:
    first = run(list_file, tasks, memory=Memory.of(cache, "primitives", "inventory"))
    harm(cache._file)
    assert run(list_file, tasks, memory=Memory.of(cache, "primitives", "inventory")) == first


def test_a_locked_store_is_not_waited_for_long(
    cache: Cache, tasks: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codemods.cache._WAIT", 0.01)
    first = run(list_file, tasks, memory=Memory.of(cache, "primitives", "inventory"))
    with sqlite3.connect(cache._file, isolation_level=None) as store:
        store.execute("BEGIN EXCLUSIVE")
        written(tasks[0].path, FILES["nap.py"] + b"\n")
        again = run(list_file, tasks, memory=Memory.of(cache, "primitives", "inventory"))
        store.execute("ROLLBACK")
    assert again == first


def test_a_folder_that_cannot_be_made(tasks: list[Task]) -> None:
    cache = Cache(tasks[0].path / "below-a-file")
    found = run(list_file, tasks, memory=Memory.of(cache, "primitives", "inventory"))
    assert isinstance(found[0], tuple)


class Harmful:
    def __reduce__(self) -> object:
        return os.mkdir, ("harmed",)


def test_a_stored_value_that_does_something_is_not_read(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert pickle.dumps(Harmful())
    cache.keep(b"s", {"/a.py": Seen((1, 1, 1, 1), b"m")}, {b"k": Harmful()})
    assert cache.results([b"k"]) == {}
    assert not (tmp_path / "harmed").exists()


def test_clean_forgets(cache: Cache, tasks: list[Task]) -> None:
    assert not cache.clean()
    run(list_file, tasks, memory=Memory.of(cache, "primitives", "inventory"))
    assert cache.clean()
    assert remembered(cache, tasks)[0] == "unknown"


def test_digests_do_not_depend_on_the_order_of_sets() -> None:
    one = frozenset(["a", "b", "c", "d"])
    other = frozenset(["d", "c", "b", "a"])
    assert digest(("x", one)) == digest(("x", other))
    assert digest(("x", one)) != digest(("x", one - {"a"}))
    with pytest.raises(TypeError, match="no digest of object"):
        digest(object())


def test_nothing_is_read_that_is_known(
    cache: Cache, tasks: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(list_file, tasks, memory=Memory.of(cache, "primitives", "inventory"))

    def read(path: Path) -> tuple[bytes, object]:
        raise AssertionError(path)

    monkeypatch.setattr(runner, "read_stamped", read)
    found = run(list_file, tasks, memory=Memory.of(cache, "primitives", "inventory"))
    assert isinstance(found[0], tuple)
