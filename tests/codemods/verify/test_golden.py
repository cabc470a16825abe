"""Golden cases: found, loaded afresh for each run, reported, and never passed without evidence."""

import io
import json
import sys
from pathlib import Path

import pytest

from codemods.verify.golden import Case, check_case, discover_cases, run_golden

BEFORE = """
import asyncio
import logging

log = logging.getLogger(__name__)

class Missing(Exception):
    pass

async def fetch_all(items, fetch):
    log.info("fetching %d", len(items))
    return await asyncio.gather(*(fetch(item) for item in items))
"""
AFTER = """
import logging

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from

log = logging.getLogger(__name__)

class Missing(Exception):
    pass

async def fetch_all(items, fetch):
    log.info("fetching %d", len(items))
    return await last_value_from(rx.from_iterable(items).pipe(flat_map(fetch), ops.to_list()))
"""
WRONG = BEFORE.replace("fetch(item) for", "fetch(item + 1) for")
SCENARIO = """
from codemods.verify.world import WorldOptions

WORLD = WorldOptions(cancellations=2)

def configure(world):
    world.latency("fetch", 0.1, 0.2)

async def scenario(subject, world):
    world.fails("fetch", 0.2, error=lambda call: subject.Missing(call.args[0]))
    items = list(range(world.choose("items", 0, 5)))

    async def fetch(item):
        return await world.call("fetch", item)

    return await subject.fetch_all(items, fetch)
"""


def make_case(
    root: Path,
    rule: str = "gather_fan_out",
    name: str = "plain",
    *,
    before: str | None = BEFORE,
    after: str | None = AFTER,
    scenario: str | None = SCENARIO,
) -> Case:
    folder = root / rule / name
    folder.mkdir(parents=True)
    for file, text in (("before", before), ("after", after), ("scenario", scenario)):
        if text is not None:
            (folder / f"{file}.py").write_text(text)
    return Case(rule, name, folder)


def report_of(root: Path, **options: object) -> tuple[int, str]:
    stream = io.StringIO()
    return run_golden(root, 10, stream=stream, **options), stream.getvalue()  # type: ignore[arg-type]


def test_discovers_cases_with_a_scenario(tmp_path: Path) -> None:
    cases = [make_case(tmp_path, "b", "two"), make_case(tmp_path, "b", "one")]
    cases.append(make_case(tmp_path, "a", "only"))
    make_case(tmp_path, "b", "refused", scenario=None)
    (tmp_path / "objlib" / "before").mkdir(parents=True)
    assert discover_cases(tmp_path) == [cases[2], cases[1], cases[0]]


def test_equal(tmp_path: Path) -> None:
    report = check_case(make_case(tmp_path), worlds=30)
    assert report.passed, report.problem or report.difference
    assert report.evidence.worlds == 30
    assert report.evidence.failures > 0
    assert report.evidence.struck > 0


def test_differs(tmp_path: Path) -> None:
    report = check_case(make_case(tmp_path, after=WRONG), worlds=30)
    assert report.outcome == "differs"
    assert "items: 1" in str(report.difference)


def test_loggers_and_classes_have_the_same_names_in_both(tmp_path: Path) -> None:
    report = check_case(make_case(tmp_path, after=WRONG), worlds=30)
    assert report.difference is not None
    (record,) = (e for e in report.difference.after.events if e.kind == "log")
    assert record.name == "subject"


def test_modules_keep_no_state_between_runs(tmp_path: Path) -> None:
    counting = BEFORE + "\ncalls = []\n"
    counting = counting.replace(
        'log.info("fetching %d", len(items))', 'calls.append(1); log.info("call %d", len(calls))'
    )
    report = check_case(make_case(tmp_path, before=counting, after=counting), worlds=5)
    assert report.passed, report.problem or report.difference


def test_a_gate_at_module_level_serves_every_loop(tmp_path: Path) -> None:
    gate = """
import asyncio

GATE = asyncio.Semaphore(2)

async def fetch_all(items, fetch):
    async def one(item):
        async with GATE:
            return await fetch(item)
    return await asyncio.gather(*(one(item) for item in items), return_exceptions=True)

class Missing(Exception):
    pass
"""
    report = check_case(make_case(tmp_path, before=gate, after=gate), worlds=20)
    assert report.passed, report.problem or report.difference


def test_leaves_sys_modules_as_it_was(tmp_path: Path) -> None:
    before = set(sys.modules)
    check_case(make_case(tmp_path), worlds=2)
    assert {"_operators", "subject", "scenario"} & (set(sys.modules) - before) == set()


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ({"after": None}, "missing: after.py"),
        ({"after": "async def ("}, "after.py"),
        ({"after": "import no_such_module"}, "ModuleNotFoundError"),
        ({"scenario": "x = 1"}, "no function called scenario"),
        ({"scenario": "async def scenario(subject, world): return 1"}, "no call was made"),
        (
            {"before": "import random\nx = random.SystemRandom().random()"}
            | {"scenario": "async def scenario(s, w): return await w.call('f', s.x)"},
            "differs from itself",
        ),
    ],
)
def test_what_proves_nothing_is_a_problem(
    tmp_path: Path, files: dict[str, str | None], text: str
) -> None:
    report = check_case(make_case(tmp_path, **files), worlds=5)  # type: ignore[arg-type]
    assert report.outcome == "problem"
    assert text in (report.problem or "")
    assert not report.passed


class TestRunGolden:
    def test_all_equal(self, tmp_path: Path) -> None:
        make_case(tmp_path)
        status, text = report_of(tmp_path)
        assert status == 0
        assert "equal    gather_fan_out/plain" in text
        assert text.endswith("1 cases: 1 equal, 0 differ, 0 could not be compared\n")

    def test_one_differs(self, tmp_path: Path) -> None:
        make_case(tmp_path)
        make_case(tmp_path, name="wrong", after=WRONG)
        status, text = report_of(tmp_path)
        assert status == 1
        assert "differs  gather_fan_out/wrong" in text
        assert "before" in text
        assert "!" in text

    def test_the_report_does_not_depend_on_the_number_of_jobs(self, tmp_path: Path) -> None:
        for name in ("a", "b", "c"):
            make_case(tmp_path, name=name, after=WRONG if name == "b" else AFTER)

        def cases(jobs: int) -> list[dict[str, object]]:
            text = report_of(tmp_path, format="json", jobs=jobs)[1]
            return [{**case, "seconds": 0} for case in json.loads(text)["cases"]]

        assert cases(1) == cases(3)

    def test_no_cases_prove_nothing(self, tmp_path: Path) -> None:
        assert report_of(tmp_path)[0] == 1

    def test_json(self, tmp_path: Path) -> None:
        make_case(tmp_path)
        make_case(tmp_path, name="wrong", after=WRONG)
        status, text = report_of(tmp_path, format="json")
        assert status == 1
        report = json.loads(text)
        assert [case["outcome"] for case in report["cases"]] == ["equal", "differs"]
        assert report["cases"][0]["worlds"] == 10
        assert report["cases"][0]["difference"] is None
        assert "items: 1" in report["cases"][1]["difference"]

    def test_selection(self, tmp_path: Path) -> None:
        make_case(tmp_path)
        make_case(tmp_path, name="wrong", after=WRONG)
        assert report_of(tmp_path, only=["gather_fan_out/plain"])[0] == 0
        assert report_of(tmp_path, only=["gather_fan_out"])[0] == 1
