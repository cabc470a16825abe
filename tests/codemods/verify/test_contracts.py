"""The generated parts of CONTRACTS.md are what they would be if they were written now."""

from __future__ import annotations

import pytest

from codemods.verify import contracts
from codemods.verify.contracts import PAGE
from codemods.verify.patterns import PATTERNS, Result
from codemods.verify.patterns.examine import Finding
from transforms.findings import FINDINGS
from transforms.runtime import operators
from transforms.table import TABLE

CASES = PAGE.parents[1] / "tests" / "codemods" / "verify" / "operators"


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_the_page_has_five_sections(page: str) -> None:
    heads = [line for line in page.splitlines() if line.startswith("## ")]
    assert [head[:5] for head in heads] == [f"## {n}." for n in range(1, 6)]


def test_nothing_that_is_not_measured_is_stale(page: str) -> None:
    assert contracts.rewrite(page) == page, "run `codemods harness --write-contracts`"


def test_the_evidence_is_a_go_for_all_patterns(page: str) -> None:
    text = contracts.block(page, "evidence")
    assert text.startswith("**GO: 5 patterns, ")
    assert "FAIL" not in text
    assert [name for name in PATTERNS if f"| {name} | pass |" not in text] == []


def test_every_operator_has_its_contract(page: str) -> None:
    text = contracts.block(page, "operators")
    functions = [name for name in operators.__all__ if callable(getattr(operators, name))]
    assert [name for name in functions if f"`{name}" not in text] == []
    assert "| |" not in text, "a piece without a docstring"


def test_every_rule_has_its_finding() -> None:
    assert set(FINDINGS) == set(TABLE)


def test_the_evidence_that_findings_name_is_there() -> None:
    for finding in FINDINGS.values():
        assert [name for name in finding.worlds if not (CASES / name).is_dir()] == []
        assert set(finding.patterns) <= set(PATTERNS)


def test_a_failure_is_a_no_go() -> None:
    finding = Finding("a variant", False, {"rows": 29}, "29 rows")
    text = contracts.evidence([Result("streams", False, 1.0, (finding,))])
    assert text.startswith("**NO-GO: streams ")
    assert "| a variant | **FAIL**: 29 rows | rows 29 |" in text
