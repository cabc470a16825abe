"""What a verification found: a table for people, an object for machines."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from codemods.report.names import shown
from codemods.report.table import columns
from codemods.report.text import Paint, plain
from codemods.verified import Verified
from codemods.verify.comparison import KINDS, Comparison, Difference
from codemods.verify.suites import SuiteRun, Test
from codemods.verify.trials import Verification

_MOST = 20
_NOTHING = "nothing to rewrite: the command was not run"


def render(verified: Verified, command: Sequence[str], paint: Paint = plain) -> str:
    """The table of both runs, each test that came out differently, a line that sums up."""
    if verified.verification is None:
        return f"{_NOTHING}\n"
    verification = verified.verification
    comparison = verification.comparison
    sites = len({(f.path, site.lead) for f, site in verified.report.sites() if site.lead})
    parts = [
        f"{'command':<12}{shlex.join(command)}",
        f"{'rewritten':<12}{len(verification.changed)} files, {sites} sites",
        "",
        *_table(comparison),
    ]
    for kind in KINDS:
        parts += _differences(kind, comparison, paint)
    parts += _rest(comparison, paint)
    parts += _notes(verified, verification)
    return "\n".join([*parts, "", _verdict(comparison, paint)]) + "\n"


def render_json(verified: Verified, command: Sequence[str]) -> str:
    """The same as one JSON object."""
    verification = verified.verification
    outcome = "nothing-to-rewrite"
    if verification is not None:
        outcome = "different" if verification.differs else "same"
    found: dict[str, Any] = {"version": 1, "command": list(command), "outcome": outcome}
    if verification is not None:
        found |= _object(verification)
    found["errors"] = [
        {"path": error.path, "kind": error.kind, "line": error.line, "message": error.message}
        for error in verified.report.errors
    ]
    found["not_copied"] = list(verified.unreadable)
    return json.dumps(found, indent=2, ensure_ascii=True) + "\n"


def summary(verified: Verified, command: Sequence[str]) -> str:
    """One line for the end of `apply --verify`."""
    if verified.verification is None:
        return f"{_NOTHING}\n"
    ran = f"verified by `{shlex.join(command)}`"
    tests = len(verified.verification.comparison.before.tests)
    what = f"{tests} tests" if tests else "exit status and output"
    back = len(verified.taken_back)
    if back:
        taken = f"{back} {'site' if back == 1 else 'sites'} taken back"
        return f"{ran}: {taken} after {verified.runs} runs; with the rest, {what} are as before\n"
    return f"{ran}: {what} are as before\n"


# --- for people -----------------------------------------------------------------------------


def _table(comparison: Comparison) -> list[str]:
    both = (comparison.before, comparison.after)
    rows = [("exit status", *(_status(run.status) for run in both))]
    if comparison.before.tests:
        words = ("passed", "failed", "skipped")
        rows += [(word, *(str(run.count(word)) for run in both)) for word in words]  # type: ignore[arg-type]
    rows.append(("seconds", *(f"{run.seconds:.1f}" for run in both)))
    return columns(("", "before", "after"), rows)


def _status(status: int | None) -> str:
    return "did not end" if status is None else str(status)


def _differences(kind: str, comparison: Comparison, paint: Paint) -> Iterator[str]:
    found = [one for one in comparison.tests if one.kind == kind]
    if not found:
        return
    yield ""
    yield paint(f"{kind} ({len(found)})", "red")
    yield from (f"  {_difference(one)}" for one in found[:_MOST])
    if len(found) > _MOST:
        yield f"  and {len(found) - _MOST} more"


def _difference(one: Difference) -> str:
    times, of = one.times
    often = "" if times == of else f"  (in {times} of {of} runs: it may be flaky)"
    test = shown(one.test)
    if one.kind == "changed":
        return f"{test}: {_verdict_of(one.before)} -> {_verdict_of(one.after)}{often}"
    error = shown(one.after.error) if one.after is not None else ""
    return f"{test}{often}" + (f"\n    {error}" if error else "")


def _verdict_of(test: Test | None) -> str:
    return "not run" if test is None else test.verdict


def _rest(comparison: Comparison, paint: Paint) -> Iterator[str]:
    if comparison.output:
        yield from ("", paint("the output differs", "red"))
        yield from _indented(comparison.output)
    told = (
        ("flaky: not the same on the original alone, and not counted", comparison.flaky),
        ("failing before as well", comparison.failing),
        (
            "slower (for information)",
            [f"{s.test}: {s.before:.2f} s -> {s.after:.2f} s" for s in comparison.slower],
        ),
    )
    for title, names in told:
        if names:
            yield from ("", f"{title} ({len(names)})", *_indented(names[:_MOST]))
            if len(names) > _MOST:
                yield f"  and {len(names) - _MOST} more"


def _notes(verified: Verified, verification: Verification) -> Iterator[str]:
    comparison = verification.comparison
    notes = []
    if comparison.hangs:
        where = f", in {shown(comparison.stuck)}" if comparison.stuck else ""
        notes.append(
            f"the command did not end on the rewritten copy{where}; it was killed, and wrote"
        )
        notes += _indented(comparison.after.output.splitlines()[-_MOST:])
    elif comparison.statuses and not (comparison.tests and comparison.after.tests):
        notes.append("the run on the rewritten copy ended with")
        notes += _indented(comparison.after.output.splitlines()[-_MOST:])
    if verification.unseen:
        notes.append(
            f"never imported, so not verified: {', '.join(map(shown, verification.unseen))}"
        )
    if verified.unreadable:
        notes.append(f"could not be copied: {', '.join(map(shown, verified.unreadable))}")
    if comparison.runs > 1:
        notes.append(f"the command was run {comparison.runs} times, to tell what is flaky")
    if notes:
        yield from ("", *notes)


def _indented(lines: Iterable[str]) -> list[str]:
    """Lines that others wrote: what commands a terminal in them is written out."""
    return [f"  {shown(line)}" for line in lines]


def _verdict(comparison: Comparison, paint: Paint) -> str:
    if not comparison.differs:
        tests = len(comparison.before.tests)
        what = f"{tests} tests" if tests else "exit status and output"
        return paint(f"same: {what}", "green")
    found = [
        f"{count} {kind}"
        for kind in KINDS
        if (count := sum(one.kind == kind for one in comparison.tests))
    ]
    if comparison.statuses:
        before, after = map(_status, comparison.statuses)
        found.append(f"exit status {before} -> {after}")
    if comparison.output:
        found.append("output")
    return paint(f"different: {', '.join(found)}", "red")


# --- for machines ---------------------------------------------------------------------------


def _object(verification: Verification) -> dict[str, Any]:
    comparison = verification.comparison
    return {
        "hangs": comparison.hangs,
        "hangs_in": comparison.stuck,
        "before": _run(comparison.before),
        "after": _run(comparison.after),
        "runs": comparison.runs,
        "differences": [
            {
                "test": one.test,
                "kind": one.kind,
                "before": one.before.verdict if one.before else None,
                "after": one.after.verdict if one.after else None,
                "error": one.after.error if one.after else None,
                "runs": one.times[0],
            }
            for one in comparison.tests
        ],
        "exit_status_differs": comparison.statuses is not None,
        "output": list(comparison.output),
        "flaky": list(comparison.flaky),
        "failing_before": list(comparison.failing),
        "slower": [
            {"test": one.test, "before": one.before, "after": one.after}
            for one in comparison.slower
        ],
        "rewritten": list(verification.changed),
        "never_imported": list(verification.unseen),
    }


def _run(run: SuiteRun) -> dict[str, Any]:
    return {
        "status": run.status,
        "ended": run.status is not None,
        "seconds": round(run.seconds, 3),
        "passed": run.count("passed"),
        "failed": run.count("failed"),
        "skipped": run.count("skipped"),
    }
