"""The README says what is so."""

from __future__ import annotations

import re
from pathlib import Path

from transforms import RULES
from transforms.table import TABLE

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def table() -> str:
    lines = ["| code | name | tier | from | becomes |", "|---|---|---|---|---|"]
    for rule in sorted(RULES, key=lambda rule: (-rule.tier, rule.code)):
        entry = TABLE[rule.code]
        lines.append(
            f"| {rule.code} | {rule.name} | {rule.tier} | {entry.original} | {entry.target} |"
        )
    return "\n".join(lines)


def test_the_table_names_the_rules_that_there_are() -> None:
    found = re.search(r"<!-- rules: begin .*?-->\n(.*?)\n?<!-- rules: end -->", README, re.DOTALL)
    assert found is not None
    assert found.group(1) == table()


def test_it_opens_with_two_commands_that_set_themselves_up() -> None:
    block = README.split("```")[1].splitlines()[1:]
    assert [line.rpartition(" -m ")[2] for line in block] == ["codemods demo", "pytest -q -n 2"]
    assert all(line.startswith("python3 -m venv .venv && ") for line in block)


def test_rules_agree_with_the_mapping_table() -> None:
    for rule in RULES:
        entry = TABLE[rule.code]
        assert (rule.name, rule.tier) == (entry.name, entry.tier)
