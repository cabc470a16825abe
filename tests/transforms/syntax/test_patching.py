"""What a test replaces, and whose primitives that concerns."""

from __future__ import annotations

import pytest

from transforms.rule import Kind, Primitive
from transforms.syntax.patching import Patch, may_patch, patches

REPLACED = {
    "module's asyncio": ("patch('app.jobs.asyncio.sleep')", [("app.jobs", "sleep")]),
    "imported by name": ("@patch('app.jobs.gather')\ndef f(): pass", [("app.jobs", "gather")]),
    "with a fake": (
        "monkeypatch.setattr('app.jobs.asyncio.to_thread', run)",
        [("app.jobs", "to_thread")],
    ),
    "by object": (
        "from app import jobs\nmonkeypatch.setattr(jobs.asyncio, 'sleep', no_sleep)",
        [("app.jobs", "sleep")],
    ),
    "by object of the mock": (
        "import app.jobs as j\nmocker.patch.object(j, 'sleep')",
        [("app.jobs", "sleep")],
    ),
    "for all, from one module": (
        "import asyncio\nfrom app.jobs import Runner\nmonkeypatch.setattr(asyncio, 'sleep', f)",
        [("app.jobs", "sleep")],
    ),
    "the library, by a text": (
        "@patch('app.jobs.asyncio')\ndef f(): pass",
        [("app.jobs", "asyncio")],
    ),
    "the library, by object": (
        "from app import jobs\nmonkeypatch.setattr(jobs, 'asyncio', fake)",
        [("app.jobs", "asyncio")],
    ),
    "by a variable": (
        "JOBS = 'app.jobs'\npatch(f'{JOBS}.asyncio.sleep')\npatch(JOBS + '.gather')",
        [("app.jobs", "gather"), ("app.jobs", "sleep")],
    ),
    "by what nobody knows": (
        "import app.jobs\npatch(f'{app.jobs.__name__}.sleep')\npatch('{}.gather'.format(x))"
        "\npatch('%s.asyncio.Event' % x)",
        [("app.jobs", "Event"), ("app.jobs", "gather"), ("app.jobs", "sleep")],
    ),
    "by an assignment": (
        "from app import jobs\njobs.asyncio.sleep = no_sleep",
        [("app.jobs", "sleep")],
    ),
    "for all, by an assignment": (
        "import asyncio\nfrom app.jobs import Runner\nasyncio.sleep = no_sleep",
        [("app.jobs", "sleep")],
    ),
    "for all, by its name": (
        "from app.jobs import run\npatch('asyncio.Event')",
        [("app.jobs", "Event"), ("app.jobs.run", "Event")],
    ),
}


@pytest.mark.parametrize(("text", "expected"), REPLACED.values(), ids=REPLACED)
def test_replaced_names_and_their_modules(text: str, expected: list[tuple[str, str]]) -> None:
    assert may_patch(text.encode())
    found = patches(text, "tests/test_jobs.py")
    assert sorted((each.module, each.name) for each in found) == expected


@pytest.mark.parametrize(
    "text",
    [
        "self.sleep = 3",
        "self.Event == x",
        "patch('asyncio')",
        "patch('app.jobs.fetch')",
        "time.sleep(1)",
        "setattr(x, 'name', 'sleep')",
        "patch(x)",
    ],
)
def test_what_replaces_nothing_of_ours(text: str) -> None:
    assert patches(text, "tests/test_jobs.py") == ()


def test_what_conftest_replaces_for_all_concerns_every_file_but_itself() -> None:
    (found,) = patches("monkeypatch.setattr('asyncio.sleep', fast)", "tests/conftest.py")
    assert found.hits("src/app/jobs.py")
    assert not found.hits("tests/conftest.py")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("app/jobs.py", True),
        ("src/app/jobs.py", True),
        ("app/jobs/__init__.py", True),
        ("app/jobs/runner.py", True),
        ("app/other.py", False),
        ("jobs.py", False),
        ("app/jobs_of_today.py", False),
    ],
)
def test_the_module_is_told_by_the_end_of_its_path(path: str, expected: bool) -> None:
    assert Patch("app.jobs", "sleep", "t.py", 1, "").hits(path) is expected


def test_only_uses_of_the_name_are_concerned() -> None:
    patch = Patch("app.jobs", "sleep", "t.py", 1, "")
    assert patch.concerns(Primitive(1, 0, 1, 9, "sleep"))
    assert not patch.concerns(Primitive(1, 0, 1, 9, "gather"))


@pytest.mark.parametrize(
    ("library", "kind", "expected"),
    [
        ("asyncio", "sleep", True),
        ("asyncio", "run-in-executor", True),
        ("asyncio", "limiter", False),
        ("aiolimiter", "limiter", True),
        ("aiolimiter", "sleep", False),
    ],
)
def test_all_that_a_library_gives_is_replaced_with_it(
    library: str, kind: Kind, expected: bool
) -> None:
    patch = Patch("app.jobs", library, "t.py", 1, "")
    assert patch.concerns(Primitive(1, 0, 1, 9, kind)) is expected
