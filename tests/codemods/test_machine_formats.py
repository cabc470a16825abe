"""SARIF and GitHub's annotations: valid, complete, and the same bytes for the same files.

The schema is that of the npm package @microsoft/jest-sarif 1.0.0-beta.0 (MIT licence).
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from click.testing import CliRunner
from jsonschema import Draft4Validator

from codemods.cli import main
from transforms import RULES
from transforms.table import TABLE

SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0-rtm.5.json").read_text())
MIXED = """\
import asyncio

# \N{PILE OF POO}\N{LATIN SMALL LETTER E WITH ACUTE}


class Crew:
    async def nap(self):
        "\N{PILE OF POO}"; await asyncio.sleep(1)
        await asyncio.sleep(1)

    async def rest(self):
        await asyncio.sleep(2)  # codemods: skip
        await asyncio.sleep(
            0
        )
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a b%#,:.py").write_text(MIXED)
    (tmp_path / "plain.py").write_text(MIXED)
    (tmp_path / "bad.py").write_text(
        "import asyncio\n\nasync def f(:\n    await asyncio.sleep(1)\n"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def output(*words: str, status: int = 3) -> bytes:
    result = CliRunner().invoke(main, ["apply", *words])
    assert result.exit_code == status, result.output
    return result.stdout_bytes


def sarif(*words: str, status: int = 3) -> dict[str, Any]:
    log = json.loads(output("--format", "sarif", *words, status=status))
    Draft4Validator(SCHEMA, format_checker=Draft4Validator.FORMAT_CHECKER).validate(log)
    [run] = log["runs"]
    return dict(run)


def results(run: dict[str, Any], path: str) -> list[dict[str, Any]]:
    return [r for r in run["results"] if uri_of(r) == path]


def uri_of(result: dict[str, Any]) -> str:
    return str(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])


# --- sarif -------------------------------------------------------------------------------


def test_the_validator_does_object() -> None:
    assert not Draft4Validator(SCHEMA).is_valid({"version": "2.1.0", "runs": [{}]})


def test_a_result_a_primitive(folder: Path) -> None:
    found = results(sarif("--check"), "plain.py")
    assert [(r["level"], r["properties"]["outcome"]) for r in found] == [
        ("warning", "pipeline"),
        ("warning", "pipeline"),
        ("note", "suppressed"),
        ("note", "refused"),
    ]
    assert [r.get("suppressions") for r in found] == [None, None, [{"kind": "inSource"}], None]
    assert found[0]["message"]["text"] == "sleep can be rewritten to rx.timer"
    assert "sleep stays: `sleep(0)` gives way to the loop" in found[3]["message"]["text"]


def test_regions_count_characters_from_one(folder: Path) -> None:
    run = sarif("--check")
    assert run["columnKind"] == "unicodeCodePoints"
    first, *_, last = results(run, "plain.py")
    lines = MIXED.splitlines()
    region = first["locations"][0]["physicalLocation"]["region"]
    line = lines[region["startLine"] - 1]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "asyncio.sleep(1)"
    region = last["locations"][0]["physicalLocation"]["region"]
    assert lines[region["endLine"] - 1][: region["endColumn"] - 1] == "        )"
    assert last["locations"][0]["logicalLocations"] == [
        {"fullyQualifiedName": "Crew.rest", "kind": "function"}
    ]


def test_names_are_percent_encoded(folder: Path) -> None:
    odd = os.fsdecode(b"\xff\n.py")
    (folder / odd).write_text(MIXED)
    uris = sorted({uri_of(result) for result in sarif("--check")["results"]})
    assert uris == ["%FF%0A.py", "a%20b%25%23%2C%3A.py", "plain.py"]
    assert os.fsdecode(unquote_to_bytes(uris[0])) == odd


def test_fingerprints_do_not_depend_on_lines(folder: Path) -> None:
    def prints(run: dict[str, Any]) -> list[str]:
        return [r["partialFingerprints"]["primitive/v1"] for r in run["results"]]

    before = prints(sarif("--check"))
    assert len(set(before)) == len(before) == 8
    path = folder / "plain.py"
    path.write_text("# one more line\n" + MIXED.replace("            0\n", "              0\n"))
    assert prints(sarif("--check")) == before
    path.write_text(MIXED.replace("sleep(2)", "sleep(2.5)"))
    assert len(set(prints(sarif("--check"))) - set(before)) == 1


def test_rules_carry_their_documentation(folder: Path) -> None:
    run = sarif("--check")
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted(TABLE)
    delay = next(rule for rule in RULES if rule.code == "RX208")
    [described] = [rule for rule in rules if rule["id"] == "RX208"]
    assert described["name"] == "Delay"
    assert described["help"]["text"] == delay.doc.strip()
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_errors_are_notifications(folder: Path) -> None:
    [invocation] = sarif("--check")["invocations"]
    assert invocation["executionSuccessful"] is False
    [told] = invocation["toolExecutionNotifications"]
    assert told["descriptor"] == {"id": "syntax-error"}
    place = told["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "bad.py"
    assert place["region"] == {"startLine": 3}


def test_what_was_rewritten_is_no_problem_any_more(folder: Path) -> None:
    found = results(sarif(), "plain.py")
    assert [(r["kind"], r["level"]) for r in found[:2]] == [("informational", "none")] * 2
    assert "was rewritten to" in found[0]["message"]["text"]


def test_nothing_found(folder: Path) -> None:
    (folder / "dull.py").write_text("import os\n")
    run = sarif("--check", "dull.py", status=0)
    assert run["results"] == []
    assert run["invocations"][0]["executionSuccessful"] is True


# --- github ------------------------------------------------------------------------------


def test_annotations(folder: Path) -> None:
    lines = output("--format", "github", "--check").decode().splitlines()
    assert len(lines) == 7  # what is suppressed is not worth one
    assert lines[0].startswith("::error file=bad.py,line=3,title=syntax-error::")
    assert lines[1].startswith(
        "::warning file=a b%25#%2C%3A.py,line=8,endLine=8,col=20,endColumn=36,"
        "title=RX208 delay%3A pipeline::"
    )
    assert lines[3].startswith(
        "::notice file=a b%25#%2C%3A.py,line=13,endLine=15,title=RX208 delay%3A refused::"
    )


def test_no_annotation_breaks_its_line(folder: Path) -> None:
    (folder / "two\r\nlines.py").write_text(MIXED)
    lines = output("--format", "github", "--check").decode().splitlines()
    assert all(line.startswith("::") for line in lines)
    assert sum("file=two%0D%0Alines.py," in line for line in lines) == 3


# --- both --------------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["sarif", "github"])
def test_the_same_bytes_whatever_the_jobs(folder: Path, style: str) -> None:
    filler = "# " + "x" * 4000 + "\n"
    for number in range(26):
        (folder / f"f{number}.py").write_text(MIXED + filler)
    once = output("--format", style, "--check", "--jobs", "1")
    assert once
    for jobs in ("2", "5"):
        assert output("--format", style, "--check", "--jobs", jobs) == once


@pytest.mark.parametrize("style", ["sarif", "github"])
def test_into_a_file(folder: Path, style: str) -> None:
    told = output("--format", style, "--check")
    assert output("--format", style, "--check", "--output", "report") == b""
    assert (folder / "report").read_bytes() == told
