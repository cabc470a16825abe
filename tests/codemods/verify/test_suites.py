"""What a report of pytest says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from codemods.verify.suites import Test, run_plain, run_pytest

TESTS = """
import pytest

@pytest.fixture
def torn():
    yield
    raise ValueError("while cleaning up")

def test_good(): pass
def test_bad(tmp_path): assert str(tmp_path) == object()
def test_torn(torn): pass
@pytest.mark.skip
def test_left(): raise AssertionError
@pytest.mark.xfail
def test_known(): raise AssertionError
@pytest.mark.parametrize("one", ["a", "b"])
def test_each(one): assert one == "a"
"""


def test_each_test_is_told_with_its_error(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    plain = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
    command = [sys.executable, "-m", "pytest", *plain, "--junit-xml=mine.xml"]
    done = run_pytest(command, tmp_path, os.environ, 60)
    assert done.status == 1
    verdicts = {name.partition("::")[2]: test.verdict for name, test in done.tests.items()}
    assert verdicts == {
        "test_good": "passed",
        "test_bad": "failed",
        "test_torn": "failed",
        "test_left": "skipped",
        "test_known": "skipped",
        "test_each[a]": "passed",
        "test_each[b]": "failed",
    }
    assert "ValueError: while cleaning up" in done.tests["test_it::test_torn"].error
    assert "/…/test_bad0" in done.tests["test_it::test_bad"].error  # pytest-12 or pytest-13
    assert done.count("failed") == 3


def test_a_suite_that_never_starts_has_no_tests(tmp_path: Path) -> None:
    done = run_pytest(["sh", "-c", "echo no pytest; exit 3"], tmp_path, os.environ, 60)
    assert (done.status, done.tests, done.output) == (3, {}, "no pytest\n")


def test_seconds_do_not_make_tests_different() -> None:
    assert Test("passed", 1.0) == Test("passed", 2.0)


def test_a_plain_command_tells_its_status_and_output(tmp_path: Path) -> None:
    done = run_plain(["sh", "-c", "pwd; echo oops >&2; exit 4"], tmp_path, os.environ, 60)
    assert (done.status, done.output) == (4, f"{tmp_path}\noops\n")


def test_a_missing_program_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run_plain(["./none"], tmp_path, os.environ, 60)
