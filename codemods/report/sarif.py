"""SARIF 2.1.0, which code scanning services read: the same run gives the same bytes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from codemods import __version__
from codemods.fingerprints import fingerprints
from codemods.report.findings import message
from codemods.results import FileError, FileReport, Passed, Report, SiteResult
from transforms.rule import Primitive, Rule
from transforms.table import TABLE, Entry

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# What `--check` would fail for is a warning; what stays is a note.
_LEVELS = {"pipeline": "warning", "drop-in": "warning", "refused": "note", "suppressed": "note"}
_CODES = sorted(TABLE)


def render(report: Report) -> str:
    """The report of `apply` as a SARIF log of one run."""
    from transforms import RULES  # with libcst, which other formats need not wait for

    rules = {rule.code: rule for rule in RULES}
    run = {
        "tool": {
            "driver": {
                "name": "codemods",
                "version": __version__,
                "rules": [_rule(TABLE[code], rules.get(code)) for code in _CODES],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not report.errors,
                "toolExecutionNotifications": [
                    *(_notification(error) for error in report.errors),
                    *(_remark(passed) for passed in report.passed),
                ],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": [result for file in report.files for result in _results(file, report)],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=True) + "\n"


def _rule(entry: Entry, rule: Rule | None) -> dict[str, Any]:
    summary = rule.summary if rule is not None else f"{entry.original} becomes {entry.target}"
    doc = rule.doc.strip() if rule is not None else "No rule of this version rewrites it."
    return {
        "id": entry.code,
        "name": "".join(word.capitalize() for word in entry.name.split("-")),
        "shortDescription": {"text": _scalar(summary)},
        "help": {"text": _scalar(doc)},
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tier": entry.tier, "tags": ["asyncio", "reactivex"]},
    }


def _results(file: FileReport, report: Report) -> Iterator[dict[str, Any]]:
    for site, fingerprint in zip(file.sites, fingerprints(file), strict=True):
        yield _result(file, site, fingerprint, report)


def _result(file: FileReport, site: SiteResult, fingerprint: str, report: Report) -> dict[str, Any]:
    done = report.written and site.outcome in {"pipeline", "drop-in"}
    result: dict[str, Any] = {
        "ruleId": site.code,
        "ruleIndex": _CODES.index(site.code),
        # SARIF has no level for what is no problem any more.
        "kind": "informational" if done else "fail",
        "level": "none" if done else _LEVELS[site.outcome],
        "message": {"text": _scalar(message(site, written=report.written))},
        "locations": [_location(file.path, site.primitive)],
        "partialFingerprints": {"primitive/v1": fingerprint},
        "properties": _properties(site),
    }
    if site.outcome == "suppressed":
        kind = "inSource" if site.reason is None else "external"
        result["suppressions"] = [{"kind": kind}]
    return result


def _properties(site: SiteResult) -> Mapping[str, Any]:
    properties: dict[str, Any] = {
        "kind": site.primitive.kind,
        "outcome": site.outcome,
        "tier": site.tier,
        "exact": site.exact,
        "parameters": {name: _scalar(value) for name, value in site.parameters},
    }
    if site.reason is not None:
        properties["reason"] = site.reason
    if site.detail is not None:
        properties["detail"] = _scalar(site.detail)
    return properties


def _location(path: str, primitive: Primitive) -> dict[str, Any]:
    location = _place(
        path,
        {
            "startLine": primitive.line,
            "startColumn": primitive.column + 1,
            "endLine": primitive.end_line,
            "endColumn": primitive.end_column + 1,
        },
    )
    if primitive.function is not None:
        name = {"fullyQualifiedName": _scalar(primitive.function), "kind": "function"}
        location["logicalLocations"] = [name]
    return location


def _place(path: str, region: Mapping[str, int] | None) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(path), "uriBaseId": "%SRCROOT%"}}
    if region is not None:
        place["region"] = region
    return {"physicalLocation": place}


def _notification(error: FileError) -> dict[str, Any]:
    region = None if error.line is None else {"startLine": error.line}
    return {
        "level": "error",
        "descriptor": {"id": error.kind},
        "message": {"text": _scalar(error.message)},
        "locations": [_place(error.path, region)],
    }


def _remark(passed: Passed) -> dict[str, Any]:
    return {
        "level": "note",
        "descriptor": {"id": "passed-over"},
        "message": {"text": f"passed over: {passed.why}"},
        "locations": [_place(passed.path, None)],
    }


def _uri(path: str) -> str:
    """A relative reference; names of files are bytes, whatever they mean."""
    return quote(os.fsencode(path), safe="/")


def _scalar(text: str) -> str:
    """Text that every JSON reader takes: half a surrogate pair is none."""
    return text.encode("utf-8", "backslashreplace").decode()
