"""Files that share objects: what one does decides what becomes of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from codemods.neighbours import look_around
from codemods.results import FileReport
from codemods.rewrite import Settings
from codemods.runner import Task, rewrite_file
from transforms import RULES, async_limiter, semaphore_gather
from transforms.syntax.elsewhere import Elsewhere

SETTINGS = Settings(rules=[semaphore_gather.RULE, async_limiter.RULE], operators_module="_ops")
CLIENT = """
    import asyncio
    from aiolimiter import AsyncLimiter

    GATE = asyncio.Semaphore(3)

    class Client:
        def __init__(self):
            self._sem = asyncio.Semaphore(4)
            self.limiter = AsyncLimiter(5)

        @property
        def sem(self):
            return self._sem

        def _of(self, host):
            return self._sem

        async def get(self, url):
            async with GATE, self._of(url), self.limiter:
                return await fetch(url)
    """


def _outcomes(folder: Path, files: Mapping[str, str]) -> dict[str, list[str]]:
    """The reasons (or outcomes) of the primitives, by file."""
    tasks = []
    for name, text in files.items():
        path = folder / name
        path.write_text(dedent(text))
        tasks.append(Task(str(path), name, "_ops", None))
    settings = replace(SETTINGS, elsewhere=look_around(tasks))
    found = {}
    for task in tasks:
        report = rewrite_file(settings, task, task.path.read_bytes())
        assert isinstance(report, FileReport)
        found[task.name] = [site.reason or site.outcome for site in report.sites]
    return found


def test_what_others_use_plainly_is_swapped(tmp_path: Path) -> None:
    other = """
        from client import GATE, Client

        class Patient(Client):
            async def get(self, url):
                async with self._sem, GATE:
                    await self.limiter.acquire()
                async with self._of(url):
                    return self.limiter.max_rate if self._sem.locked() else None
        """
    found = _outcomes(tmp_path, {"client.py": CLIENT, "patient.py": other})
    assert found["client.py"] == ["drop-in", "drop-in", "drop-in"]


TROUBLE = {
    "private member": ("print(client._sem._value)", ["drop-in", "private-member", "drop-in"]),
    "type": (
        "def f(c):\n    return isinstance(c.limiter, AsyncLimiter)",
        ["drop-in", "drop-in", "limiter-escapes"],
    ),
    "subclass": (
        "class B(Client):\n    def f(self):\n        library(self._sem)",
        ["drop-in", "semaphore-escapes", "drop-in"],
    ),
    "imported": (
        "from client import GATE as gate\nprint(gate._waiters)",
        ["private-member", "drop-in", "drop-in"],
    ),
    "module": ("import client\nlibrary(client.GATE)", ["semaphore-escapes", "drop-in", "drop-in"]),
    "result of a private function": (
        "def f(c):\n    library(c._of('x'))",
        ["drop-in", "semaphore-escapes", "drop-in"],
    ),
    "property": ("def f(c):\n    print(c.sem._value)", ["drop-in", "private-member", "drop-in"]),
    "by name": ("getattr(client, '_sem')", ["drop-in", "semaphore-escapes", "drop-in"]),
}


@pytest.mark.parametrize(("text", "expected"), TROUBLE.values(), ids=TROUBLE)
def test_what_others_look_into_stays(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert _outcomes(tmp_path, {"client.py": CLIENT, "b.py": text})["client.py"] == expected


def test_the_reason_names_the_other_file(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(dedent(CLIENT))
    (tmp_path / "b.py").write_text("\nprint(client._sem._value)\n")
    tasks = [Task(str(tmp_path / name), name, "_ops", None) for name in ("a.py", "b.py")]
    settings = replace(SETTINGS, elsewhere=look_around(tasks))
    report = rewrite_file(settings, tasks[0], tasks[0].path.read_bytes())
    assert isinstance(report, FileReport)
    assert report.sites[1].detail == "b.py:2: print(client._sem._value)"


def test_a_class_with_an_attribute_of_its_own_is_not_meant(tmp_path: Path) -> None:
    other = """
        class Unrelated:
            def __init__(self):
                self._sem = make()

            def f(self):
                print(self._sem._value)
        """
    found = _outcomes(tmp_path, {"client.py": CLIENT, "other.py": other})
    assert found["client.py"] == ["drop-in", "drop-in", "drop-in"]


def test_a_derived_class_with_an_attribute_of_its_own_is_not_meant_either(tmp_path: Path) -> None:
    base = "class Base:\n    pass\n"
    other = "class Other(Base):\n    def __init__(self):\n        self._sem = make()\n"
    other += "    def f(self):\n        library(self._sem)\n"
    found = _outcomes(tmp_path, {"client.py": CLIENT, "base.py": base, "other.py": other})
    assert found["client.py"] == ["drop-in", "drop-in", "drop-in"]


def test_two_classes_whose_child_has_both_methods_are_kin(tmp_path: Path) -> None:
    other = "class Mixin:\n    def __init__(self):\n        self._sem = make()\n"
    other += "    def f(self):\n        library(self._sem)\n"
    child = "class Both(\n    client.Client,\n    Mixin,\n):\n    pass\n"
    found = _outcomes(tmp_path, {"client.py": CLIENT, "mixin.py": other, "both.py": child})
    assert found["client.py"] == ["drop-in", "semaphore-escapes", "drop-in"]


def test_a_base_class_looks_into_what_its_subclass_makes(tmp_path: Path) -> None:
    base = """
        class Base:
            def __init__(self):
                self._sem = None

            def free(self):
                return self._sem._value
        """
    derived = """
        import asyncio
        from base import Base

        class Derived(Base):
            def __init__(self):
                self._sem = asyncio.Semaphore(2)
        """
    found = _outcomes(tmp_path, {"base.py": base, "derived.py": derived})
    assert found["derived.py"] == ["private-member"]


def test_what_a_test_replaces_in_a_module_stays_there(tmp_path: Path) -> None:
    jobs = "import asyncio\nasync def f():\n    gate = asyncio.Semaphore(2)\n"
    jobs += "    async with gate:\n        pass\n"
    test = "def test_f():\n    with patch('jobs.asyncio.Semaphore'):\n        pass\n"
    files = {"jobs.py": jobs, "other.py": jobs, "test_jobs.py": test}
    found = _outcomes(tmp_path, files)
    assert found["jobs.py"] == ["patched-elsewhere"]
    assert found["other.py"] == ["drop-in"]


def test_files_that_share_nothing_are_not_read_for_uses(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import asyncio\nprint(x._sem._value)\n")
    (tmp_path / "gone.py").write_bytes(b"\xff\xfe\x00 Semaphore( asyncio")
    tasks = [
        Task(str(tmp_path / name), name, "_ops", None) for name in ("a.py", "gone.py", "none.py")
    ]
    assert look_around(tasks) == Elsewhere()


def _rewritten(folder: Path, files: Mapping[str, str]) -> dict[str, str]:
    tasks = []
    for name, text in files.items():
        (folder / name).write_text(dedent(text))
        tasks.append(Task(str(folder / name), name, "_ops", None))
    settings = replace(SETTINGS, rules=RULES, elsewhere=look_around(tasks))
    found = {}
    for task in tasks:
        report = rewrite_file(settings, task, task.path.read_bytes())
        assert isinstance(report, FileReport)
        data = report.change.after if report.change is not None else task.path.read_bytes()
        found[task.name] = data.decode()
    return found


WAITING = """
    from asyncio import gather, sleep

    async def pause():
        await sleep(2)

    async def all_of(jobs):
        return await gather(*[job() for job in jobs])
    """


@pytest.mark.parametrize(
    ("other", "stays"),
    [
        ("from waiting import sleep\n", {"sleep"}),
        ("from .waiting import (\n    pause,\n    sleep as nap,\n)\n", {"sleep"}),
        ("if True:\n    from app.waiting import pause, \\\n        gather\n", {"gather"}),
        ("from app.waiting import *\n", {"gather", "sleep"}),
        ("import app.waiting as w\n\nNAP = w.sleep\n", {"sleep"}),
        ("from asyncio import sleep\n", set()),
        ("from other import sleep\n", set()),
        ("from waiting import pause\n", set()),
    ],
    ids=[
        "plain",
        "in-parentheses",
        "continued",
        "star",
        "dot",
        "library",
        "other-module",
        "own-function",
    ],
)
def test_an_import_that_another_file_takes_stays(
    tmp_path: Path, other: str, stays: set[str]
) -> None:
    after = _rewritten(tmp_path, {"waiting.py": WAITING, "other.py": other})["waiting.py"]
    assert "rx.timer(2)" in after
    assert "await gather" not in after
    imported = after.partition("async def")[0]
    assert {name for name in ("gather", "sleep") if f" {name}" in imported} == stays
