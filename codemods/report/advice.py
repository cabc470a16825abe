"""How closely a reviewer should read each changed file, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from codemods.results import FileReport, SiteResult

Care = Literal["merge", "skim", "read closely"]


@dataclass(frozen=True, slots=True)
class Advice:
    """``why`` completes "…, because"."""

    care: Care
    why: str


def advise(file: FileReport) -> Advice:
    """The advice for one changed file: the strictest that one of its sites asks for."""
    done = [site for site in file.sites if site.outcome in {"pipeline", "drop-in"}]
    if not done:
        return Advice("merge", "generated: the vendored operators, the same in every project")
    adapted = [site for site in done if not site.exact]
    if adapted:
        return Advice("read closely", f"{_rules(adapted)} changes a named behaviour")
    if mixed := _half_done(file.sites, done):
        return Advice("read closely", f"only a part of {mixed} was rewritten")
    if high := [site for site in done if site.tier == 1]:
        return Advice("read closely", f"tier 1: {_rules(high)}")
    if pipelines := [site for site in done if site.outcome == "pipeline" and site.tier == 2]:
        return Advice("skim", f"tier 2: the control flow moved into {_rules(pipelines)}")
    return Advice("merge", f"exact and local: {_rules(done)}")


def _rules(sites: Sequence[SiteResult]) -> str:
    return ", ".join(sorted({site.name for site in sites}))


def _half_done(sites: Sequence[SiteResult], done: Sequence[SiteResult]) -> str | None:
    """The first function in which one primitive was rewritten and another one refused."""
    rewritten = {site.primitive.function for site in done}
    refused = (site.primitive.function for site in sites if site.outcome == "refused")
    return next((name for name in refused if name is not None and name in rewritten), None)
