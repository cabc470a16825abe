"""What the rules are: the list, and one rule explained."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codemods.report.table import columns, markdown
from codemods.report.text import Paint, plain
from transforms.reasons import REASONS
from transforms.rule import Rule
from transforms.table import TABLE

# So many operators fit into a line of the table; the other formats name all.
_FEW = 4


@dataclass(frozen=True, slots=True)
class Example:
    """A golden case, where the sources have one at hand."""

    case: str
    before: str
    after: str


def render(rules: Sequence[Rule]) -> str:
    """The table of all rules."""
    head = ("code", "name", "tier", "exact", "what it does", "packages", "operators")
    lines = columns(head, [_row(rule, _FEW) for rule in _sorted(rules)])
    lines += _adapted(rules)
    return "\n".join(lines) + "\n"


def render_markdown(rules: Sequence[Rule]) -> str:
    """The same as a Markdown table."""
    head = ("Code", "Name", "Tier", "Exact", "What it does", "Packages", "Operators")
    lines = markdown(head, [_row(rule) for rule in _sorted(rules)])
    lines += _adapted(rules)
    return "\n".join(lines) + "\n"


def render_json(rules: Sequence[Rule]) -> str:
    """The same as one JSON object."""
    listed = [
        {
            "code": rule.code,
            "name": rule.name,
            "tier": rule.tier,
            "summary": rule.summary,
            "adapted": TABLE[rule.code].adapted or None,
            "kinds": sorted(rule.kinds),
            "operators": sorted(rule.operators),
            "packages": list(TABLE[rule.code].packages),
        }
        for rule in _sorted(rules)
    ]
    return json.dumps({"version": 1, "rules": listed}, indent=2, ensure_ascii=True) + "\n"


def _adapted(rules: Sequence[Rule]) -> list[str]:
    """What changes with ``--adapted``, below the table."""
    told = [(rule.code, TABLE[rule.code].adapted) for rule in _sorted(rules)]
    lines = [f"{code} is exact; with --adapted, {change}" for code, change in told if change]
    return ["", *lines] if lines else []


def _sorted(rules: Sequence[Rule]) -> list[Rule]:
    """In the order in which a code base is migrated: by tier from 3 to 1."""
    return sorted(rules, key=lambda rule: (-rule.tier, rule.code))


def _row(rule: Rule, most: int | None = None) -> tuple[str, ...]:
    """``most``: how many operators are named; None: all."""
    entry = TABLE[rule.code]
    operators = sorted(rule.operators)
    left = len(operators[most:]) if most is not None else 0
    return (
        rule.code,
        rule.name,
        str(rule.tier),
        "exact or adapted" if entry.adapted else "exact",
        rule.summary,
        ", ".join(entry.packages),
        ", ".join(operators[:most]) + (f" and {left} more" if left else ""),
    )


def explain(rule: Rule, example: Example | None, paint: Paint = plain) -> str:
    """One rule: its documentation, its reasons to refuse, a golden case."""
    parts = [
        paint(f"{rule.code} {rule.name}", "bold") + f" (tier {rule.tier})",
        "",
        rule.doc.strip(),
        "",
        *_reasons(rule, paint),
    ]
    if example is not None:
        parts += [paint(f"Before ({example.case})", "bold"), "", _indented(example.before), ""]
        parts += [paint("After", "bold"), "", _indented(example.after), ""]
    return "\n".join(parts).rstrip() + "\n"


def example_of(rule: Rule, golden: Path) -> Example | None:
    """The case that the rule's documentation names under *Example*, else its first one."""
    folder = golden / rule.name.replace("-", "_")
    cases = sorted(before.parent for before in folder.glob("*/before.py"))
    _, _, wanted = rule.doc.partition("Example")
    words = set(re.findall(r"\w+", wanted))
    named = [case for case in cases if case.name in words] or cases
    for case in named:
        try:
            before = (case / "before.py").read_text("utf-8")
            after = (case / "after.py").read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        return Example(f"{golden.name}/{folder.name}/{case.name}", before, after)
    return None


def _reasons(rule: Rule, paint: Paint) -> list[str]:
    """The reasons that the documentation names, with what to do about each."""
    named = [reason for reason in REASONS if re.search(rf"(?<![\w-]){reason}(?![\w-])", rule.doc)]
    if not named:
        return []
    lines = [paint("When it refuses", "bold"), ""]
    for reason in named:
        lines.append(f"  {reason}: {REASONS[reason].meaning}")
        if REASONS[reason].hint:
            lines.append(f"    -> {REASONS[reason].hint}")
    return [*lines, ""]


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.strip("\n").split("\n"))
