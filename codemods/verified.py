"""The whole way of `verify` and of `apply --verify`: rewrite, run the user's command, compare.

It runs the target's code: the command, on copies. The user's tree gets only what passed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from codemods.apply import Planned, Request, carry_out, plan, report
from codemods.results import Report, TakenBack
from codemods.verify.comparison import Comparison
from codemods.verify.isolate import smallest
from codemods.verify.trials import Target, Tell, Trials, Verification, trials

#: So often the command is run at most to find the sites that break something.
MOST_RUNS = 60
_MOST_TESTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was rewritten and how the command took it."""

    report: Report
    verification: Verification | None = None
    """Of all that was to be rewritten; None: there was nothing to rewrite."""
    taken_back: tuple[TakenBack, ...] = ()
    runs: int = 0
    """How often the command was run on rewritten copies."""
    unreadable: tuple[str, ...] = ()
    """Files of the tree that could not be copied."""


class _SpentError(Exception):
    """The command was run as often as it may be."""


def verify(request: Request, target: Target, tell: Tell) -> Verified:
    """Compare the command on the target as it is and on a rewritten copy. Writes nothing.

    Raises:
        CommandError, CopyError, NoEvidenceError: see ``Trials``.
        PlacementError: the operators module has no place.
    """
    found = report(request, plan(request))
    if not found.changes:
        return Verified(report=found)
    with trials(target, tell) as bench:
        verification = bench.verify(found.changes)
        return Verified(
            report=found,
            verification=verification,
            runs=bench.runs,
            unreadable=bench.snapshot.unreadable,
        )


def apply_verified(request: Request, target: Target, tell: Tell) -> Verified:
    """Apply what the command finds no difference with, and take the rest back.

    Raises:
        CommandError, CopyError, NoEvidenceError: see ``Trials``; nothing was written.
        PlacementError: the operators module has no place.
        StoppedError: the user stopped the writing.
    """
    planned = plan(request)
    found = report(request, planned)
    if not found.changes:
        return Verified(report=found)
    with trials(target, tell) as bench:
        verification = bench.verify(found.changes)
        back: tuple[TakenBack, ...] = ()
        if verification.differs:
            search = _Search(request, bench, tell, (found, verification.comparison))
            planned, back = search.passing()
            bench.check(report(request, planned).changes)
        runs, unreadable = bench.runs, bench.snapshot.unreadable
    written = carry_out(request, planned) if request.write else report(request, planned)
    return Verified(
        report=written,
        verification=verification,
        taken_back=back,
        runs=runs,
        unreadable=unreadable,
    )


# --- which sites ----------------------------------------------------------------------------


class _Search:
    """Looks for the sites that make a difference. A site is named by its first primitive."""

    def __init__(
        self, request: Request, bench: Trials, tell: Tell, first: tuple[Report, Comparison]
    ) -> None:
        found, comparison = first
        self._request = request
        self._bench = bench
        self._tell = tell
        self._all = frozenset(_made(found))
        self._known: dict[frozenset[TakenBack], Comparison | None] = {
            frozenset(): None,
            self._all: comparison,
        }
        """What was made, and how the command took it (None: no difference)."""

    def passing(self) -> tuple[Planned, tuple[TakenBack, ...]]:
        """The plan without the sites that make a difference, and these."""
        back: tuple[TakenBack, ...] = ()
        left = tuple(sorted(self._all))
        try:
            while self._comparison(left) is not None:
                culprits = smallest(left, lambda sites: self._comparison(sites) is not None)
                back = (*back, *self._taken_back(culprits, _detail(self._comparison(culprits))))
                left = tuple(site for site in left if site not in culprits)
        except _SpentError:
            back = (*back, *self._taken_back(left, f"not one of {MOST_RUNS} runs tells which"))
            left = ()
        # Where a site is taken back, others may have become possible that nobody has tried.
        planned = self._plan(back)
        untried = frozenset(_made(report(self._request, planned))) - self._all
        back = (*back, *(replace(site, detail="it was not tried") for site in untried))
        return (self._plan(back) if untried else planned), back

    def _taken_back(self, sites: Iterable[TakenBack], detail: str) -> list[TakenBack]:
        places = ", ".join(f"{site.path}:{site.line}:{site.column}" for site in sites)
        self._tell(f"taken back: {places}: {detail}")
        return [replace(site, detail=detail) for site in sites]

    def _comparison(self, sites: Iterable[TakenBack]) -> Comparison | None:
        """How the command takes a copy with these sites only, less those that need others."""
        wanted = frozenset(sites)
        found = report(self._request, self._plan(self._all - wanted))
        if untried := frozenset(_made(found)) - self._all:
            found = report(self._request, self._plan(self._all - wanted | untried))
        made = frozenset(_made(found))
        if made not in self._known:
            if self._bench.runs >= MOST_RUNS:
                raise _SpentError
            self._tell(f"run {self._bench.runs + 1}: {len(made)} of {len(self._all)} sites")
            outcome = self._bench.differs(found.changes)
            self._known[made] = outcome if outcome.differs else None
        return self._known[made]

    def _plan(self, back: Iterable[TakenBack]) -> Planned:
        settings = replace(self._request.settings, taken_back=frozenset(back))
        # Nobody will ask for the same part of the sites again.
        return plan(replace(self._request, settings=settings, cache=None))


def _made(found: Report) -> Iterable[TakenBack]:
    for file, site in found.sites():
        if site.lead is not None:
            yield TakenBack(file.path, site.lead.line, site.lead.column)


def _detail(comparison: Comparison | None) -> str:
    """The tests that came out differently, in few words."""
    if comparison is None:
        return ""
    if comparison.hangs:
        where = f" (in {comparison.stuck})" if comparison.stuck else ""
        return f"the command does not end{where}"
    names = [f"{one.test} ({one.kind})" for one in comparison.tests]
    if not names:
        return "its exit status differs" if comparison.statuses else "its output differs"
    more = [f"{len(names) - _MOST_TESTS} more"] if len(names) > _MOST_TESTS else []
    return ", ".join([*names[:_MOST_TESTS], *more])
