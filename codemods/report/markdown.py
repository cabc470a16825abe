"""The migration report: what a reviewer reads beside the diff."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from codemods.listing import Listing
from codemods.report.advice import advise
from codemods.report.names import shown
from codemods.report.table import code, markdown
from codemods.report.text import parameters, summary
from codemods.results import FileReport, Report, SiteResult
from transforms.reasons import REASONS

_Met = Sequence[tuple[FileReport, SiteResult]]

_VERIFICATION = """\
Every changed file parses; `apply` checked that before it wrote. That the code does what it did
before is shown by running it. Run your own test suite on the commit before and on this one, and

```console
$ python -m codemods apply --check       # nothing is left to do: a second run changes nothing
$ python -m codemods harness             # the vendored operators, under attack
$ python -m codemods harness --golden    # each rule: original against rewrite, call by call
```
"""


def render(report: Report) -> str:
    """The report of `apply`."""
    met = list(report.sites())
    rewritten = [(f, s) for f, s in met if s.outcome in {"pipeline", "drop-in"}]
    blocks = [
        "# Migration report\n",
        f"{_sentence(report)}\n",
        *_section("Files", _files(report.files)),
        *_section("Rules", _rules(rewritten)),
        *_section("Adapted rewrites", _adapted([(f, s) for f, s in rewritten if not s.exact])),
        *_section("Drop-ins", _drop_ins([(f, s) for f, s in met if s.outcome == "drop-in"])),
        *_section("Refused", _refused([(f, s) for f, s in met if s.outcome == "refused"])),
        *_section("Suppressed", _suppressed([(f, s) for f, s in met if s.outcome == "suppressed"])),
        *_section(
            "Passed over", [f"- {code(shown(one.path))}: {one.why}" for one in report.passed]
        ),
        *_section("Not processed", _errors(report)),
        "## How to verify\n",
        _VERIFICATION,
    ]
    return "\n".join(blocks)


def render_inventory(listing: Listing) -> str:
    """The inventory as tables: the totals, then every primitive."""
    kinds = Counter((row.primitive.kind, row.code, row.rule) for row in listing.rows)
    totals = [
        (kind, f"{code_} {rule}", str(number))
        for (kind, code_, rule), number in sorted(kinds.items(), key=lambda item: item[0][0])
    ]
    rows = [
        (
            code(f"{shown(row.path)}:{row.primitive.line}:{row.primitive.column}"),
            row.primitive.kind,
            code(row.primitive.function or ""),
            code(parameters(row.primitive.parameters)),
            str(row.tier),
            f"{row.code} {row.rule}",
        )
        for row in listing.rows
    ]
    errors = [(code(shown(e.path)), e.kind, e.message) for e in listing.errors]
    head = ("where", "kind", "function", "parameters", "tier", "rule")
    blocks = [
        "# Inventory\n",
        *_section("Totals", markdown(("kind", "rule", "number"), totals) if totals else ()),
        *_section("Primitives", markdown(head, rows) if rows else ()),
        *_section("Not processed", markdown(("file", "kind", "why"), errors) if errors else ()),
    ]
    return "\n".join(blocks)


def _section(title: str, lines: Sequence[str] | Iterator[str]) -> Iterator[str]:
    body = list(lines)
    if body:
        yield f"## {title}\n"
        yield "\n".join(body) + "\n"


def _sentence(report: Report) -> str:
    exact = all(s.exact for _, s in report.sites() if s.outcome in {"pipeline", "drop-in"})
    claim = (
        "Every rewrite is exact: no observable change."
        if exact
        else ("Some rewrites change a named behaviour; they are listed below.")
    )
    return f"{summary(report)}. {claim}" if report.changes else f"{summary(report)}."


def _files(files: Sequence[FileReport]) -> Iterator[str]:
    changed = [file for file in files if file.changed]
    if not changed:
        return
    rows = []
    for file in changed:
        advice = advise(file)
        rows.append((code(shown(file.path)), _outcomes(file), f"**{advice.care}**", advice.why))
    yield from markdown(("file", "sites", "review", "why"), rows)


def _outcomes(file: FileReport) -> str:
    counts = Counter(site.outcome for site in file.sites)
    return ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items()))


def _rules(met: _Met) -> Iterator[str]:
    by_rule: defaultdict[tuple[str, str], list[tuple[FileReport, SiteResult]]] = defaultdict(list)
    for file, site in met:
        by_rule[site.code, site.name].append((file, site))
    for (code_, name), found in sorted(by_rule.items()):
        yield f"### {code_} {name}: {len(found)}\n"
        rows = [
            (_where(f, s), code(s.primitive.function or ""), s.outcome, _parameters(s))
            for f, s in found
        ]
        yield from markdown(("where", "function", "outcome", "parameters"), rows)
        yield ""


def _adapted(met: _Met) -> Iterator[str]:
    if met:
        yield "These keep the intent and change a named behaviour; somebody asked for each.\n"
        for file, site in met:
            detail = site.detail or f"see `codemods explain {site.code}`"
            yield f"- {_where(file, site)} {site.code} {site.name}: {detail}"


def _drop_ins(met: _Met) -> Iterator[str]:
    if met:
        yield "The shape of the code stays; the primitive is replaced by one backed by Rx.\n"
        for file, site in met:
            why = f": {_meaning(site)}" if site.reason or site.detail else ""
            yield f"- {_where(file, site)} {site.code} {site.name}{why}"


def _refused(met: _Met) -> Iterator[str]:
    by_reason: defaultdict[str, list[tuple[FileReport, SiteResult]]] = defaultdict(list)
    for file, site in met:
        by_reason[site.reason or "unknown"].append((file, site))
    for reason, found in sorted(by_reason.items()):
        known = REASONS.get(reason)
        yield f"### {reason}: {len(found)}\n"
        if known:
            yield f"Left alone, because {known.meaning}."
            yield f"Way out: {known.hint}.\n" if known.hint else ""
        for file, site in found:
            what = f"{site.code} {site.name}".strip() or site.primitive.kind
            detail = f": {site.detail}" if site.detail else ""
            yield f"- {_where(file, site)} {what}{detail}"
        yield ""


def _suppressed(met: _Met) -> Iterator[str]:
    for file, site in met:
        yield f"- {_where(file, site)} {site.primitive.kind}"


def _errors(report: Report) -> Iterator[str]:
    for error in report.errors:
        line = "" if error.line is None else f":{error.line}"
        yield f"- {code(shown(error.path) + line)} {error.kind}: {error.message}"


def _where(file: FileReport, site: SiteResult) -> str:
    return code(f"{shown(file.path)}:{site.primitive.line}")


def _parameters(site: SiteResult) -> str:
    return code(parameters(site.parameters))


def _meaning(site: SiteResult) -> str:
    known = REASONS.get(site.reason or "")
    parts = (known.meaning if known else site.reason, site.detail)
    return "; ".join(part for part in parts if part)
