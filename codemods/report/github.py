"""GitHub's annotations: one line a site or error, shown beside the code of a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from codemods.report.findings import message
from codemods.results import FileError, FileReport, Report, SiteResult

_LEVELS = {"pipeline": "warning", "drop-in": "warning", "refused": "notice"}


def render(report: Report) -> str:
    """The workflow commands. What was suppressed is not worth an annotation."""
    lines = [
        *(_error(error) for error in report.errors),
        *(_site(file, site, report) for file, site in report.sites() if site.outcome in _LEVELS),
    ]
    return "".join(f"{line}\n" for line in lines)


def _site(file: FileReport, site: SiteResult, report: Report) -> str:
    title = f"{site.code} {site.name}: {site.outcome}"
    words = message(site, written=report.written)
    return _command(_LEVELS[site.outcome], file.path, _place(site), title, words)


def _place(site: SiteResult) -> Iterator[tuple[str, int]]:
    primitive = site.primitive
    yield "line", primitive.line
    yield "endLine", primitive.end_line
    # GitHub takes columns, which it counts from 1, on a single line only.
    if primitive.line == primitive.end_line:
        yield "col", primitive.column + 1
        yield "endColumn", primitive.end_column + 1


def _error(error: FileError) -> str:
    place = iter([("line", error.line)] if error.line is not None else [])
    return _command("error", error.path, place, error.kind, error.message)


def _command(
    level: str, path: str, place: Iterator[tuple[str, int]], title: str, words: str
) -> str:
    properties = [("file", path), *place, ("title", title)]
    told = ",".join(f"{name}={_property(str(value))}" for name, value in properties)
    return f"::{level} {told}::{_data(words)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
