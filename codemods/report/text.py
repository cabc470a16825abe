"""The report for a person at a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from codemods.listing import Listing
from codemods.report.names import shown
from codemods.report.table import columns
from codemods.results import FileError, FileReport, Passed, Report, SiteResult
from transforms.reasons import REASONS

Paint = Callable[[str, str], str]
"""(text, colour) -> text; a terminal without colours gets the text as it is."""

_COLOURS = {
    "pipeline": "green",
    "drop-in": "cyan",
    "refused": "yellow",
    "suppressed": "bright_black",
}
_WIDTH = 60
# What the user took out on purpose is only told with -v.
_QUIET_REASONS = {"rule-not-selected"}


def plain(text: str, colour: str) -> str:
    """A ``Paint`` that leaves the text alone."""
    return text


def render(report: Report, paint: Paint = plain, *, verbose: bool = False) -> str:
    """The whole report: what ``body`` tells, and the files that could not be processed."""
    lines = [*errors(report.errors, paint), ""] if report.errors else []
    return "\n".join(lines) + body(report, paint, verbose=verbose)


def body(report: Report, paint: Paint = plain, *, verbose: bool = False) -> str:
    """Each file with its sites, the refusals explained once, a line of totals."""
    parts: list[str] = []
    for file in report.files:
        parts += _file(file, report, paint, verbose)
    parts += passed_over(report.passed, verbose=verbose)
    parts += _reasons([site for _, site in report.sites() if verbose or _loud(site)])
    return "\n".join([*parts, summary(report)]) + "\n"


def render_inventory(listing: Listing, paint: Paint = plain) -> str:
    """A table of all primitives, and the files that could not be processed."""
    return "".join(f"{line}\n" for line in errors(listing.errors, paint)) + inventory_body(listing)


def inventory_body(listing: Listing) -> str:
    """A table of all primitives."""
    head = ("where", "kind", "function", "parameters", "tier", "rule")
    rows = [
        (
            f"{shown(row.path)}:{row.primitive.line}:{row.primitive.column}",
            row.primitive.kind,
            row.primitive.function or "",
            _short(parameters(row.primitive.parameters)),
            str(row.tier),
            f"{row.code} {row.rule}",
        )
        for row in listing.rows
    ]
    kinds = Counter(row.primitive.kind for row in listing.rows)
    counted = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    total = f"{_plural(len(rows), 'primitive')} in {_plural(listing.examined, 'file')}"
    lines = columns(head, rows) if rows else []
    passed = passed_over(listing.passed, verbose=False)
    told = [
        *lines,
        *passed,
        f"{total}: {counted}" if counted else total,
    ]
    return "\n".join(told) + "\n"


def parameters(pairs: Sequence[tuple[str, str]]) -> str:
    """``limit=5, period=1.0``"""
    return ", ".join(f"{name}={value}" for name, value in pairs)


def passed_over(found: Sequence[Passed], *, verbose: bool) -> Iterator[str]:
    """One line for each file or folder that was left out; generated ones only on demand."""
    for one in found:
        if verbose or one.why != "generated":
            yield f"{shown(one.path)}  passed over: {one.why}"


def summary(report: Report) -> str:
    """One line: what was changed, and how the primitives ended."""
    verb = "changed" if report.written else "would change"
    outcomes: tuple[tuple[str, int], ...] = (
        ("pipeline", report.count("pipeline")),
        ("drop-in", report.count("drop-in")),
        ("refused", report.count("refused")),
        ("suppressed", report.count("suppressed")),
        ("error", len(report.errors)),
    )
    counts = [f"{number} {word}" for word, number in outcomes if number]
    head = f"{_plural(len(report.changes), 'file')} {verb} ({report.examined} looked at)"
    return f"{head}: {', '.join(counts)}" if counts else f"{head}: nothing to do"


def errors(found: Sequence[FileError], paint: Paint = plain) -> Iterator[str]:
    """One line a file that could not be processed."""
    for error in found:
        where = shown(error.path) + ("" if error.line is None else f":{error.line}")
        yield f"{paint(where, 'red')}: {error.kind}: {error.message}"


def stopped(done: Sequence[str], left: Sequence[str], failed: Sequence[FileError]) -> str:
    """How an interrupted run left the files."""
    blocks: tuple[tuple[str, Sequence[str]], ...] = (
        ("Interrupted. Rewritten:", [shown(name) for name in done]),
        ("As they were:", [shown(name) for name in left]),
        ("Not processed:", list(errors(failed))),
    )
    told = (
        line
        for title, lines in blocks
        if lines
        for line in (title, *(f"  {line}" for line in lines))
    )
    way_out = ["`codemods undo` takes the rewritten ones back."] if done else []
    return "\n".join([*told, *way_out]) + "\n"


def _file(file: FileReport, report: Report, paint: Paint, verbose: bool) -> Iterator[str]:
    sites = [site for site in file.sites if verbose or _loud(site)]
    if not sites and not file.changed:
        return
    yield paint(shown(file.path), "bold") + ("" if file.sites else _module_note(file, report))
    for site in sites:
        yield "  " + _site(site, paint)


def _module_note(file: FileReport, report: Report) -> str:
    new = file.change is not None and file.change.before is None
    did = ("written" if new else "brought up to date") if report.written else "needed"
    return f"  (the operators module, {did})"


def _site(site: SiteResult, paint: Paint) -> str:
    where = f"{site.primitive.line}:{site.primitive.column}"
    what = f"{site.code} {site.name}".strip() or site.primitive.kind
    outcome = paint(site.outcome, _COLOURS[site.outcome])
    if not site.exact and site.outcome != "refused":
        outcome += paint(" (adapted)", "magenta")
    if site.reason is not None:
        outcome += f": {site.reason}" + (f" ({site.detail})" if site.detail else "")
    told = [f"{where:>8}  {what:<24}  {outcome}", site.primitive.function or ""]
    return "  ".join(part for part in (*told, _short(parameters(site.parameters))) if part)


def _loud(site: SiteResult) -> bool:
    return site.outcome != "suppressed" and site.reason not in _QUIET_REASONS


def _reasons(sites: Sequence[SiteResult]) -> Iterator[str]:
    """Each reason met, what it means, and the way out."""
    met = Counter(site.reason for site in sites if site.reason is not None)
    if not met:
        return
    yield ""
    yield "Left alone, because"
    for reason, number in sorted(met.items()):
        known = REASONS.get(reason)
        yield f"  {reason} ({number}): {known.meaning if known else ''}"
        if known and known.hint:
            yield f"    -> {known.hint}"
    yield ""


def _short(words: str) -> str:
    """What fits into a line; the other formats tell all."""
    words = shown(words)  # source text may hold what commands a terminal
    return words if len(words) <= _WIDTH else f"{words[: _WIDTH - 3]}..."


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
