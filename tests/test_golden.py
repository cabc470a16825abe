"""Every golden case, checked by the engine: nothing here is written for a single rule.

``pytest tests/test_golden.py --snapshot-update`` writes the ``after.py`` files; each is read by
a person before it is committed.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import libcst as cst
import pytest
from pytest_snapshot.plugin import Snapshot

from codemods.rewrite import FileResult, Settings, rewrite
from codemods.suppression import comments
from codemods.verify.golden import Case, check_case, discover_cases
from transforms import RULES

GOLDEN = Path(__file__).parents[1] / "golden"
FOLDERS = sorted(path.parent for path in GOLDEN.glob("*/*/before.py"))
SETTINGS = Settings(rules=RULES, operators_module="_operators")
WORLDS = 200
#: Modules that hold sites of all kinds: cases of no rule, and of each.
WHOLE_MODULES = "whole_modules"


def _name(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


@pytest.fixture(scope="module", params=FOLDERS, ids=_name)
def folder(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def before(folder: Path) -> str:
    return (folder / "before.py").read_bytes().decode()


@pytest.fixture(scope="module")
def result(folder: Path, before: str) -> FileResult:
    return rewrite(before, "before.py", replace(SETTINGS, adapted=_adapted(folder)))


def _adapted(folder: Path) -> frozenset[str]:
    """The codes in the case's file ``adapted``: rewrites that change a behaviour are wanted."""
    wanted = folder / "adapted"
    return frozenset(wanted.read_text().split()) if wanted.exists() else frozenset()


def test_original_is_printed_back_as_it_was(before: str) -> None:
    assert cst.parse_module(before).code == before


def test_rewriting_is_the_stored_one(folder: Path, result: FileResult, snapshot: Snapshot) -> None:
    snapshot.snapshot_dir = folder
    snapshot.assert_match(result.after.encode(), "after.py")


def test_outcomes_are_the_stored_ones(folder: Path, result: FileResult, snapshot: Snapshot) -> None:
    found = [
        json.dumps([site.primitive.line, site.primitive.kind, site.code, site.outcome, site.reason])
        for site in result.sites
    ]
    snapshot.snapshot_dir = folder
    snapshot.assert_match("[\n  " + ",\n  ".join(found) + "\n]\n", "outcomes.json")


def test_rewriting_compiles(result: FileResult) -> None:
    compile(result.after, "after.py", "exec", dont_inherit=True)


def test_second_run_changes_nothing(result: FileResult) -> None:
    assert rewrite(result.after, "after.py", SETTINGS).after == result.after


def test_comments_are_kept_in_order(before: str, result: FileResult) -> None:
    remaining = iter(comments(result.after))
    missing = [comment for comment in comments(before) if comment not in remaining]
    assert missing == []


def test_public_names_are_kept(before: str, result: FileResult) -> None:
    def definitions(text: str) -> list[str]:
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        return [node.name for node in ast.parse(text).body if isinstance(node, kinds)]

    assert definitions(result.after) == definitions(before)


def test_a_case_that_changes_has_a_scenario(folder: Path, result: FileResult) -> None:
    assert not result.changed or (folder / "scenario.py").is_file()


def test_no_import_becomes_unused_and_no_name_undefined() -> None:
    before, after = _complaints("before.py"), _complaints("after.py")
    assert after - before == set()


def _complaints(file: str) -> set[tuple[str, str]]:
    """What ruff says of imports and names, by case."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache"]
    rules = ["--select", "F401,F811,F821", "--output-format", "json"]
    files = [str(folder / file) for folder in FOLDERS]
    done = subprocess.run([*command, *rules, *files], capture_output=True, text=True, check=False)
    return {
        (_name(Path(each["filename"]).parent), each["message"]) for each in json.loads(done.stdout)
    }


def test_what_a_formatter_had_formatted_stays_formatted() -> None:
    befores = _unformatted([folder / "before.py" for folder in FOLDERS])
    tidy = [folder for folder in FOLDERS if folder / "before.py" not in befores]
    assert _unformatted([folder / "after.py" for folder in tidy]) == set()


def _unformatted(files: list[Path]) -> set[Path]:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", "--check"]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)
    prefix = "Would reformat: "
    found = [line.removeprefix(prefix) for line in done.stdout.splitlines() if prefix in line]
    return {(Path.cwd() / name).resolve() for name in found}


@pytest.mark.parametrize("case", discover_cases(GOLDEN), ids=str)
def test_rewriting_does_what_the_original_did(case: Case) -> None:
    report = check_case(case, WORLDS)
    assert report.passed, f"\n{report.difference or report.problem}"


def test_a_third_of_each_rules_cases_are_left_alone_or_dropped_in() -> None:
    by_rule: dict[str, list[bool]] = {}
    for folder in FOLDERS:
        if folder.parent.name == WHOLE_MODULES:
            continue
        outcomes = json.loads((folder / "outcomes.json").read_text())
        kept = any(outcome in ("refused", "drop-in", "suppressed") for *_, outcome, _ in outcomes)
        by_rule.setdefault(folder.parent.name, []).append(kept)
    too_few = {rule: kept for rule, kept in by_rule.items() if 3 * sum(kept) < len(kept)}
    assert too_few == {}


def test_every_rule_has_cases_and_every_case_a_rule() -> None:
    rules = {rule.name.replace("-", "_") for rule in RULES}
    assert {folder.parent.name for folder in FOLDERS} == rules | {WHOLE_MODULES}
