"""One sentence on one site, for formats that show sites one by one."""

from __future__ import annotations

from codemods.results import SiteResult
from transforms.reasons import REASONS
from transforms.table import TABLE


def message(site: SiteResult, *, written: bool) -> str:
    """What became of a site, or would become of it, and the way out where it was left alone."""
    kind, target = site.primitive.kind, TABLE[site.code].target
    if site.outcome in {"refused", "suppressed"}:
        return f"{kind} stays: {_why(site)}"
    verb = "was rewritten to" if written else "can be rewritten to"
    shape = " in the same shape" if site.outcome == "drop-in" else ""
    claim = "" if site.exact else "; this changes a behaviour that the rule names"
    return f"{kind} {verb} {target}{shape}{claim}"


def _why(site: SiteResult) -> str:
    if site.reason is None:
        return "suppressed by a comment"
    known = REASONS.get(site.reason)
    meaning = known.meaning if known else site.reason
    detail = f" ({site.detail})" if site.detail else ""
    hint = f"; {site.hint}" if site.hint else ""
    return f"{meaning}{detail}{hint}"
