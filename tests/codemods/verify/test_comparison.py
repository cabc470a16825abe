"""Two runs compared: what counts as a difference, and what does not."""

from __future__ import annotations

import pytest

from codemods.verify.comparison import compare
from codemods.verify.suites import SuiteRun, Test

PASSED = Test("passed")
FAILED = Test("failed", error="AssertionError: 1 == 2")
SKIPPED = Test("skipped")


def run(status: int | None = 0, output: str = "", **tests: Test) -> SuiteRun:
    return SuiteRun(status, tests, 1.0, output)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (PASSED, FAILED, "newly failing"),
        (None, FAILED, "newly failing"),
        (FAILED, PASSED, "newly passing"),
        (PASSED, None, "missing"),
        (PASSED, SKIPPED, "changed"),
        (None, PASSED, "changed"),
        (FAILED, Test("failed", error="ImportError: rx"), "fails otherwise"),
    ],
)
def test_kinds_of_differences(before: Test | None, after: Test | None, kind: str) -> None:
    left = {} if before is None else {"test_it": before}
    right = {} if after is None else {"test_it": after}
    found = compare([run(other=PASSED, **left)], [run(other=PASSED, **right)])
    assert [(one.test, one.kind) for one in found.tests] == [("test_it", kind)]
    assert found.differs


def test_the_same_outcome_is_no_difference_whatever_it_took() -> None:
    slow, quick = Test("passed", 5.0), Test("passed", 0.1)
    found = compare([run(one=quick, two=FAILED)], [run(one=slow, two=FAILED)])
    assert not found.differs
    assert [one.test for one in found.slower] == ["one"]
    assert found.failing == ("two",)


def test_what_is_flaky_on_the_original_does_not_count() -> None:
    found = compare([run(one=PASSED), run(one=FAILED)], [run(one=FAILED), run(one=FAILED)])
    assert not found.differs
    assert found.flaky == ("one",)


def test_what_fails_now_and_then_on_the_copy_only_counts() -> None:
    found = compare([run(one=PASSED)] * 2, [run(one=PASSED), run(one=FAILED)])
    assert [(one.kind, one.times) for one in found.tests] == [("newly failing", (1, 2))]


def test_another_exit_status_counts_although_all_tests_are_the_same() -> None:
    found = compare([run(0, one=PASSED)], [run(-11, one=PASSED)])
    assert found.statuses == (0, -11)
    assert found.differs


def test_an_exit_status_that_varies_on_the_original_does_not_count() -> None:
    found = compare([run(1, one=FAILED), run(0, one=PASSED)], [run(2, one=PASSED)])
    assert not found.differs


def test_outputs_are_compared_where_no_tests_are_known() -> None:
    found = compare([run(output="a\nb\n")], [run(output="a\nc\n")])
    assert found.output == ("--- before", "+++ after", "@@ -1,2 +1,2 @@", " a", "-b", "+c")
    assert not compare([run(output="x", one=PASSED)], [run(output="y", one=PASSED)]).differs


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("3 passed in 0.12s", "3 passed in 1.5s"),
        ("<Job at 0x7f00a1>", "<Job at 0x7f00b2>"),
        ("2026-11-27 10:00:00,123 started", "2026-11-27T10:00:59.1 started"),
        ("took 12 ms", "took 9 ms"),
    ],
)
def test_times_and_addresses_are_no_difference(before: str, after: str) -> None:
    assert not compare([run(output=before)], [run(output=after)]).differs


def test_numbers_that_are_no_times_are_a_difference() -> None:
    assert compare([run(output="3 rows")], [run(output="4 rows")]).differs


def test_an_output_that_varies_on_the_original_does_not_count_but_is_told() -> None:
    found = compare([run(output="a"), run(output="b")], [run(output="c"), run(output="d")])
    assert not found.differs
    assert found.flaky == ("the output",)


def test_where_the_copy_hangs() -> None:
    found = compare([run(one=PASSED, two=PASSED, three=PASSED)], [run(None, one=PASSED)])
    assert found.hangs
    assert found.stuck == "two"
