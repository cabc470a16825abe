"""The generated parts of ``transforms/CONTRACTS.md``.

The page is prose with three blocks between markers: the evidence, which ``codemods harness
--write-contracts`` measures; the mapping table and the operators' contracts, which follow from
``transforms`` alone, so that a test can tell when they are stale.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import transforms
from codemods.verify.patterns import Result, is_go, run_all, show, verdict
from transforms.findings import FINDINGS
from transforms.runtime import operators
from transforms.table import TABLE

PAGE = Path(transforms.__file__).with_name("CONTRACTS.md")
_LABEL = re.compile(r"^([A-Z][A-Za-z, ]*): ")


def write_contracts(style: str) -> int:
    """Run the patterns and write what they measured into the page; 0 if all pass, else 1."""
    results = run_all(style)
    PAGE.write_text(rewrite(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")
    return 0 if is_go(results) else 1


def rewrite(page: str, results: Sequence[Result] | None = None) -> str:
    """``page`` with its generated blocks as they must be; without results, the evidence stays."""
    blocks = {"mappings": mappings(), "operators": contracts()}
    if results is not None:
        blocks["evidence"] = evidence(results)
    for name, text in blocks.items():
        page = _with_block(page, name, text)
    return page


def block(page: str, name: str) -> str:
    """What lies between the markers of a block."""
    return _find(page, name)[2].strip("\n")


def _with_block(page: str, name: str, text: str) -> str:
    found = _find(page, name)
    return f"{page[: found.start(2)]}\n{text}\n\n{page[found.end(2) :]}"


def _find(page: str, name: str) -> re.Match[str]:
    found = re.search(rf"(<!-- {name}: begin .*?-->\n)(.*?)(<!-- {name}: end -->)", page, re.DOTALL)
    if found is None:
        raise ValueError(f"the page has no block {name!r}")
    return found


# --- the blocks ----------------------------------------------------------------------------


def evidence(results: Sequence[Result]) -> str:
    """What the patterns measured."""
    lines = [f"**{verdict(list(results))}**, {date.today():%Y-%m-%d}"]
    if not is_go(list(results)):
        lines += ["", "Do not migrate what rests on a pattern that failed."]
    for result in results:
        word = "pass" if result.passed else "**FAIL**"
        lines += ["", f"| {result.pattern} | {word} | {result.seconds:.1f} s |", "|---|---|---|"]
        for finding in result.evidence:
            word = "pass" if finding.passed else f"**FAIL**: {finding.problem}"
            lines.append(f"| {finding.variant} | {word} | {show(finding.numbers)} |")
    return "\n".join(lines)


def mappings() -> str:
    """All rules: original, target, evidence, key finding."""
    lines = ["| rule | from | becomes | tried in | key finding |", "|---|---|---|---|---|"]
    for entry in sorted(TABLE.values(), key=lambda entry: (-entry.tier, entry.code)):
        finding = FINDINGS[entry.code]
        tried = [f"worlds: {', '.join(finding.worlds)}"] if finding.worlds else []
        tried += [f"patterns: {', '.join(finding.patterns)}"] if finding.patterns else []
        tried += [] if tried else ["golden cases"]
        lines.append(
            f"| {entry.code} {entry.name} | {entry.original} | {entry.target} "
            f"| {'; '.join(tried)} | {finding.key} |"
        )
    return "\n".join(lines)


def contracts() -> str:
    """The contracts of all operators, from their docstrings."""
    parts: list[str] = []
    small: list[str] = []
    # Not those of tenacity, which may be installed or not.
    own = {each.__name__: each for each in operators._own_exceptions}
    for name in operators.__all__:
        value = own.get(name) or getattr(operators, name)
        text = inspect.getdoc(value) or ""
        if not callable(value):
            continue
        if _is_contract(text):
            parts.append(f"### `{_signature(name, value)}`\n\n{_as_markdown(text)}")
        else:
            first = text.split("\n\n")[0].replace("\n", " ")
            small.append(f"| `{_signature(name, value)}` | {_code(first)} |")
    table = ["### Smaller pieces", "", "| name | what it is |", "|---|---|", *small]
    return "\n\n".join([*parts, "\n".join(table)])


def _is_contract(text: str) -> bool:
    return any(_LABEL.match(line) for line in text.splitlines()[1:])


def _signature(name: str, value: Callable[..., object]) -> str:
    """How it is called. A default that is nobody's business shows as ``...``."""
    if inspect.isclass(value):
        return name
    shown: list[str] = []
    starred = False
    for parameter in inspect.signature(value).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            shown.append("*")
        starred |= parameter.kind in {parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL}
        shown.append(_parameter(parameter))
    return f"{name}({', '.join(shown)})"


def _parameter(parameter: inspect.Parameter) -> str:
    if parameter.kind is parameter.VAR_POSITIONAL:
        return f"*{parameter.name}"
    if parameter.kind is parameter.VAR_KEYWORD:
        return f"**{parameter.name}"
    default = parameter.default
    if default is parameter.empty:
        return parameter.name
    if inspect.isclass(default):
        return f"{parameter.name}={default.__name__}"
    return f"{parameter.name}={'...' if callable(default) else repr(default)}"


def _as_markdown(text: str) -> str:
    return "\n".join(_lines(text.splitlines()))


def _lines(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        label = _LABEL.match(line)
        if label is not None:
            yield f"- **{label[1]}**: {_code(line[label.end() :])}"
        elif line.startswith("    "):
            yield f"  {_code(line.strip())}"
        else:
            yield _code(line)


def _code(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|")
