"""The machine's report: the same run gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from codemods.listing import Listing
from codemods.results import FileError, FileReport, Report, SiteResult

_OUTCOMES = ("pipeline", "drop-in", "refused", "suppressed")


def render(report: Report) -> str:
    """The report of `apply` as one JSON object."""
    counts = dict.fromkeys(_OUTCOMES, 0)
    for _, site in report.sites():
        counts[site.outcome] += 1
    return _dumped(
        {
            "version": 1,
            "files": [_file(file) for file in report.files],
            "errors": _errors(report.errors),
            "summary": {
                "files": report.examined,
                "changed": len(report.changes),
                **counts,
                "errors": len(report.errors),
            },
        }
    )


def render_inventory(listing: Listing) -> str:
    """The inventory as one JSON object."""
    return _dumped(
        {
            "version": 1,
            "primitives": [
                {
                    "path": row.path,
                    "line": row.primitive.line,
                    "column": row.primitive.column,
                    "kind": row.primitive.kind,
                    "function": row.primitive.function,
                    "parameters": dict(row.primitive.parameters),
                    "tier": row.tier,
                    "rule": row.rule,
                    "code": row.code,
                }
                for row in listing.rows
            ],
            "errors": _errors(listing.errors),
            "summary": {
                "files": listing.examined,
                "primitives": len(listing.rows),
                "errors": len(listing.errors),
            },
        }
    )


def _file(file: FileReport) -> dict[str, Any]:
    return {
        "path": file.path,
        "changed": file.changed,
        "sites": [_site(site) for site in file.sites],
    }


def _site(site: SiteResult) -> dict[str, Any]:
    return {
        "rule": site.name,
        "code": site.code,
        "kind": site.primitive.kind,
        "tier": site.tier,
        "line": site.primitive.line,
        "column": site.primitive.column,
        "function": site.primitive.function,
        "outcome": site.outcome,
        "exact": site.exact,
        "reason": site.reason,
        "detail": site.detail,
        "hint": site.hint,
        "parameters": dict(site.parameters),
    }


def _errors(errors: Sequence[FileError]) -> list[dict[str, Any]]:
    return [
        {"path": error.path, "kind": error.kind, "line": error.line, "message": error.message}
        for error in errors
    ]


def _dumped(value: dict[str, Any]) -> str:
    # ensure_ascii: names of files need not be valid Unicode, and the bytes must not depend on
    # the terminal's encoding.
    return json.dumps(value, indent=2, ensure_ascii=True) + "\n"
