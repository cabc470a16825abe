"""The reports say what happened, each in its way."""

from __future__ import annotations

import json as stdlib_json
from dataclasses import replace
from pathlib import Path

import pytest

from codemods.listing import Listing, Row
from codemods.report import json, markdown, rules, text
from codemods.report.advice import advise
from codemods.report.table import code, columns
from codemods.results import Change, FileError, FileReport, Passed, Report
from codemods.rewrite import SiteResult
from transforms import RULES
from transforms.reasons import REASONS
from transforms.rule import Outcome, Primitive


def site(
    outcome: Outcome = "pipeline",
    *,
    tier: int = 3,
    line: int = 12,
    function: str | None = "Orchestrator.run",
    exact: bool = True,
    reason: str | None = None,
    detail: str | None = None,
) -> SiteResult:
    primitive = Primitive(line, 4, line, 30, "gather", function, (("limit", "5"),))
    hint = REASONS[reason].hint if reason else None
    return SiteResult(
        primitive,
        "RX201",
        "semaphore-gather",
        tier,
        outcome,
        exact,
        reason,
        detail,
        hint,
        (("max_concurrent", "self._limit"),),
    )


def file(*sites: SiteResult, name: str = "pkg/mod.py", changed: bool = True) -> FileReport:
    change = Change(Path(name), name, b"old\n", b"new\n") if changed else None
    return FileReport(name, sites, change)


VENDORED = FileReport("pkg/_operators.py", change=Change(Path("x"), "pkg/_operators.py", None, b""))
BAD = FileError("pkg/bad.py", "syntax-error", "invalid syntax", 3)
REPORT = Report(
    examined=40,
    files=(
        VENDORED,
        file(
            site(),
            site("drop-in", line=20, function="g"),
            site("refused", line=30, function="h", reason="not-awaited", detail="passed to f"),
            site("suppressed", line=40, function=None),
        ),
    ),
    errors=(BAD,),
    passed=(Passed("pkg/x_pb2.py", "generated"),),
    written=True,
)


# --- JSON --------------------------------------------------------------------------------


def test_json_is_the_documented_object() -> None:
    found = stdlib_json.loads(json.render(REPORT))
    assert list(found) == ["version", "files", "errors", "summary"]
    assert found["version"] == 1
    assert found["files"][0] == {"path": "pkg/_operators.py", "changed": True, "sites": []}
    assert found["files"][1]["sites"][0] == {
        "rule": "semaphore-gather",
        "code": "RX201",
        "kind": "gather",
        "tier": 3,
        "line": 12,
        "column": 4,
        "function": "Orchestrator.run",
        "outcome": "pipeline",
        "exact": True,
        "reason": None,
        "detail": None,
        "hint": None,
        "parameters": {"max_concurrent": "self._limit"},
    }
    assert found["files"][1]["sites"][2]["reason"] == "not-awaited"
    assert found["files"][1]["sites"][2]["hint"] == REASONS["not-awaited"].hint
    assert found["errors"] == [
        {"path": "pkg/bad.py", "kind": "syntax-error", "line": 3, "message": "invalid syntax"}
    ]
    assert found["summary"] == {
        "files": 40,
        "changed": 2,
        "pipeline": 1,
        "drop-in": 1,
        "refused": 1,
        "suppressed": 1,
        "errors": 1,
    }


def test_json_of_nothing() -> None:
    found = stdlib_json.loads(json.render(Report(examined=0, files=(), errors=())))
    assert found["files"] == found["errors"] == []
    assert set(found["summary"].values()) == {0}


def test_json_survives_names_that_are_no_unicode() -> None:
    report = Report(examined=1, files=(), errors=(FileError("\udce9.py", "not-found", "gone"),))
    assert json.render(report).encode()


# --- text --------------------------------------------------------------------------------


def test_text_names_files_sites_reasons_and_errors() -> None:
    told = text.render(REPORT)
    assert "pkg/_operators.py  (the operators module, written)" in told
    assert "12:4" in told
    assert "RX201 semaphore-gather" in told
    assert "refused: not-awaited (passed to f)" in told
    assert f"-> {REASONS['not-awaited'].hint}" in told
    assert "pkg/bad.py:3: syntax-error: invalid syntax" in told
    assert told.endswith(
        "2 files changed (40 looked at): 1 pipeline, 1 drop-in, 1 refused, 1 suppressed, 1 error\n"
    )


def test_the_suppressed_are_only_told_to_who_asks() -> None:
    assert "40:4" not in text.render(REPORT)
    assert "x_pb2" not in text.render(REPORT)
    assert "40:4" in text.render(REPORT, verbose=True)
    assert "pkg/x_pb2.py  passed over: generated" in text.render(REPORT, verbose=True)


def test_what_was_not_done_is_told_so() -> None:
    told = text.render(replace(REPORT, written=False))
    assert "2 files would change (40 looked at)" in told
    assert "(the operators module, needed)" in told


def test_nothing_to_do() -> None:
    told = text.render(Report(examined=3, files=(), errors=()))
    assert told == "0 files would change (3 looked at): nothing to do\n"


def test_adapted_rewrites_are_marked() -> None:
    told = text.render(Report(examined=1, files=(file(site(exact=False)),), errors=()))
    assert "pipeline (adapted)" in told


def test_colours_only_where_they_are_wanted() -> None:
    painted = text.render(REPORT, lambda words, colour: f"<{colour}>{words}</>")
    assert "<green>pipeline</>" in painted
    assert "\x1b" not in text.render(REPORT)


# --- Markdown ----------------------------------------------------------------------------


def test_markdown_has_all_sections() -> None:
    told = markdown.render(REPORT)
    headings = [line for line in told.splitlines() if line.startswith("#")]
    assert headings == [
        "# Migration report",
        "## Files",
        "## Rules",
        "### RX201 semaphore-gather: 2",
        "## Drop-ins",
        "## Refused",
        "### not-awaited: 1",
        "## Suppressed",
        "## Passed over",
        "## Not processed",
        "## How to verify",
    ]
    assert "`max_concurrent=self._limit`" in told
    assert "Every rewrite is exact" in told


def test_markdown_names_what_changes() -> None:
    told = markdown.render(
        Report(examined=1, files=(file(site(exact=False, detail="reads the limit")),), errors=())
    )
    assert "## Adapted rewrites" in told
    assert "reads the limit" in told
    assert "Every rewrite is exact" not in told


def test_markdown_of_nothing() -> None:
    told = markdown.render(Report(examined=3, files=(), errors=()))
    assert "## Files" not in told
    assert "nothing to do" in told


@pytest.mark.parametrize(
    ("sites", "care"),
    [
        pytest.param([], "merge", id="the operators module"),
        pytest.param([site()], "merge", id="tier 3"),
        pytest.param([site("drop-in", tier=2)], "merge", id="a drop-in"),
        pytest.param([site(tier=2)], "skim", id="tier 2"),
        pytest.param([site(tier=2), site(tier=1)], "read closely", id="tier 1"),
        pytest.param([site(exact=False)], "read closely", id="adapted"),
        pytest.param([site(), site("refused")], "read closely", id="half a function"),
        pytest.param([site(), site("refused", function="g")], "merge", id="another function"),
    ],
)
def test_advice(sites: list[SiteResult], care: str) -> None:
    assert advise(file(*sites)).care == care


# --- tables, inventory, rules ------------------------------------------------------------


def test_columns_line_up() -> None:
    assert columns(("a", "b"), [("long", "x"), ("s", "")]) == [
        "a     b",
        "----  -",
        "long  x",
        "s",
    ]


def test_code_with_backticks() -> None:
    assert code("a`b") == "`` a`b ``"
    assert code("") == ""


LISTING = Listing(
    examined=2,
    rows=(
        Row("a.py", site().primitive, 2, "RX201", "semaphore-gather"),
        Row(
            "b.py",
            Primitive(1, 0, 1, 9, "event", None, (("x", "a|b"),)),
            1,
            "RX102",
            "shutdown-event",
        ),
    ),
    errors=(BAD,),
)


def test_inventory_as_a_table() -> None:
    told = text.render_inventory(LISTING)
    assert "a.py:12:4" in told
    assert "RX201 semaphore-gather" in told
    assert told.endswith("2 primitives in 2 files: 1 event, 1 gather\n")


def test_inventory_as_json() -> None:
    found = stdlib_json.loads(json.render_inventory(LISTING))
    assert found["primitives"][0] == {
        "path": "a.py",
        "line": 12,
        "column": 4,
        "kind": "gather",
        "function": "Orchestrator.run",
        "parameters": {"limit": "5"},
        "tier": 2,
        "rule": "semaphore-gather",
        "code": "RX201",
    }
    assert found["errors"][0]["path"] == "pkg/bad.py"


def test_inventory_as_markdown() -> None:
    told = markdown.render_inventory(LISTING)
    assert "a\\|b" in told
    assert "| gather | RX201 semaphore-gather | 1 |" in told


def test_rules_as_a_table() -> None:
    lines = rules.render(RULES).splitlines()
    assert len([line for line in lines if line.startswith("RX") and "  " in line]) == len(RULES)
    assert lines[0].split()[:3] == ["code", "name", "tier"]


def test_rules_tell_what_they_need() -> None:
    listed = {rule["code"]: rule for rule in stdlib_json.loads(rules.render_json(RULES))["rules"]}
    assert list(listed) == sorted(listed, key=lambda code: (-int(code[2]), code))
    assert listed["RX203"] == {
        "code": "RX203",
        "name": "async-limiter",
        "tier": 2,
        "summary": next(rule.summary for rule in RULES if rule.code == "RX203"),
        "adapted": None,
        "kinds": ["limiter"],
        "operators": ["RateLimit", "rate_limit"],
        "packages": ["reactivex"],
    }


def test_rules_that_may_change_something_say_what() -> None:
    words = "RX104 is exact; with --adapted, what is assigned is the limit"
    assert words in rules.render(RULES)
    assert words in rules.render_markdown(RULES)
    listed = stdlib_json.loads(rules.render_json(RULES))["rules"]
    assert [rule["code"] for rule in listed if rule["adapted"]] == ["RX104"]


def test_explain_shows_the_case_that_the_rule_names(tmp_path: Path) -> None:
    rule = RULES[0]
    folder = tmp_path / "golden" / rule.name.replace("-", "_")
    rule = replace(
        rule, doc="Summary.\n\nRefuses:\n    not-awaited: no.\n\nExample:\n    x/second\n"
    )
    for name in ("first", "second"):
        (folder / name).mkdir(parents=True)
        (folder / name / "before.py").write_text(f"before({name!r})\n")
        (folder / name / "after.py").write_text(f"after({name!r})\n")
    told = rules.explain(rule, rules.example_of(rule, tmp_path / "golden"))
    assert f"Before (golden/{folder.name}/second)\n\n    before('second')" in told
    assert "After\n\n    after('second')" in told
    assert f"not-awaited: {REASONS['not-awaited'].meaning}" in told


def test_explain_without_golden_cases(tmp_path: Path) -> None:
    assert rules.example_of(RULES[0], tmp_path) is None
    told = rules.explain(RULES[0], None)
    assert RULES[0].doc.strip() in told
    assert "Before (" not in told
