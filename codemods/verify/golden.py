"""Golden cases: what the tool writes, run against what was there.

A case is a folder ``golden/<rule_name>/<case>/`` with

- ``before.py``: the original, a module of a user's program;
- ``after.py``: what the tool writes for it. It takes the vendored operators from ``_operators``
  (``from _operators import flat_map, last_value_from``);
- ``scenario.py``: how to drive either of them::

    from codemods.verify.world import World, WorldOptions

    WORLD = WorldOptions(errors=(ValueError,))      # optional: what its worlds may be like

    def configure(world: World) -> None:            # optional: set before the run begins
        world.latency("fetch", 0.05, 0.4)

    async def scenario(subject, world: World) -> object:
        items = list(range(world.choose("items", 0, 7)))
        limit = world.choose("limit", 1, 4)

        async def fetch(item: int) -> str:
            return await world.call("fetch", item)

        return await subject.fetch_all(items, limit, fetch)

``subject`` is the module ``before`` or ``after``. What the scenario returns or raises is compared,
and every call to the world with its time; see ``world`` for what a world can do. All three files
are executed afresh for each run, in it: no state is carried over, ``time`` and ``random`` are the
world's, and both modules are called ``subject``, so that loggers and classes have the same names.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final, Literal, TextIO

from codemods.verify.drive import Load, Program
from codemods.verify.equivalence import Difference, Evidence, IncomparableError, search
from codemods.verify.world import World, WorldOptions

SUBJECT: Final = "subject"
"""The name that both modules go by while they run."""
_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Case:
    """One golden case, not yet loaded."""

    rule: str
    name: str
    folder: Path
    rewriting: str = "after.py"
    """Which file of the folder is compared with ``before.py``."""

    def __str__(self) -> str:
        return f"{self.rule}/{self.name}"

    @property
    def before(self) -> Path:
        return self.folder / "before.py"

    @property
    def after(self) -> Path:
        return self.folder / self.rewriting

    @property
    def scenario(self) -> Path:
        return self.folder / "scenario.py"

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the files that the case lacks to be run."""
        paths = (self.before, self.after, self.scenario)
        return tuple(path.name for path in paths if not path.is_file())


@dataclass(frozen=True, slots=True)
class CaseReport:
    """How a case came out. It passes only on positive evidence."""

    case: Case
    seconds: float
    """Real seconds."""
    evidence: Evidence = field(default_factory=Evidence)
    difference: Difference | None = None
    problem: str | None = None
    """Why the comparison could not be made."""

    @property
    def passed(self) -> bool:
        return self.difference is None and self.problem is None

    @property
    def outcome(self) -> Literal["equal", "differs", "problem"]:
        if self.problem is not None:
            return "problem"
        return "equal" if self.difference is None else "differs"


def discover_cases(root: Path | str) -> list[Case]:
    """The cases below ``root`` (the golden folder), ordered by rule and name.

    A folder is a case if it has a ``before.py`` and a ``scenario.py``; one without a scenario
    (a refusal: nothing is rewritten) is not run.
    """
    found = sorted(Path(root).glob("*/*/scenario.py"))
    folders = [path.parent for path in found if (path.parent / "before.py").is_file()]
    return [Case(folder.parent.name, folder.name, folder) for folder in folders]


def check_case(case: Case, worlds: int = 200) -> CaseReport:
    """Run before and after in ``worlds`` worlds, with cancellations swept, and compare."""
    started = time.perf_counter()

    def report(**found: Any) -> CaseReport:
        return CaseReport(case, time.perf_counter() - started, **found)

    if case.missing:
        return report(problem=f"missing: {', '.join(case.missing)}")
    try:
        with vendored(), registered(SUBJECT, ModuleType(SUBJECT)):
            pair = _Pair.read(case)
            before, after = pair.load(pair.before), pair.load(pair.after)
            difference, evidence = search(before, after, pair.options, worlds=worlds)
    except IncomparableError as problem:
        return report(problem=str(problem))
    except _UnreadableError as error:
        return report(problem=str(error))
    if evidence.calls == 0 and difference is None:
        return report(evidence=evidence, problem="no call was made in any world: nothing is proven")
    return report(evidence=evidence, difference=difference)


# Loading.


class _UnreadableError(Exception):
    """A file of the case does not compile or fails when it is imported."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """The compiled files of a case."""

    before: CodeType
    after: CodeType
    scenario: CodeType
    options: WorldOptions

    @classmethod
    def read(cls, case: Case) -> _Pair:
        before, after, scenario = map(_compile, (case.before, case.after, case.scenario))
        # Outside any run first: what these files import from third parties is imported here,
        # with the real clock in its place.
        _try_out(before), _try_out(after)
        driver = _try_out(scenario)
        if not callable(getattr(driver, "scenario", None)):
            raise _UnreadableError(f"{case.scenario}: no function called scenario")
        options = getattr(driver, "WORLD", None) or WorldOptions()
        return cls(before, after, scenario, options)

    def load(self, code: CodeType) -> Load:
        return lambda: self._program(code)

    def _program(self, code: CodeType) -> Program:
        subject = execute(code, SUBJECT)
        sys.modules[SUBJECT] = subject
        driver = execute(self.scenario, "scenario")
        configure: Callable[[World], None] | None = getattr(driver, "configure", None)

        async def program(world: World) -> object:
            if configure is not None:
                configure(world)
            return await driver.scenario(subject, world)

        return program


def _compile(path: Path) -> CodeType:
    try:
        return compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise _UnreadableError(f"{path}: {error}") from error


def _try_out(code: CodeType) -> ModuleType:
    try:
        return execute(code, SUBJECT)
    except Exception as error:
        where = f"{code.co_filename}: fails when it is imported"
        raise _UnreadableError(f"{where}: {type(error).__name__}: {error}") from error


def execute(code: CodeType, name: str) -> ModuleType:
    """A fresh module called ``name``; in ``sys.modules`` while its code runs."""
    spec = importlib.util.spec_from_loader(name, loader=None, origin=code.co_filename)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    module.__file__ = code.co_filename
    with registered(name, module):
        exec(code, module.__dict__)
    return module


@contextmanager
def registered(name: str, module: ModuleType) -> Iterator[None]:
    """Put a module into ``sys.modules`` under ``name`` for a while."""
    previous = sys.modules.get(name, _ABSENT)
    sys.modules[name] = module
    try:
        yield
    finally:
        if previous is _ABSENT:
            sys.modules.pop(name, None)
        else:
            sys.modules[name] = previous  # type: ignore[assignment]


@contextmanager
def vendored() -> Iterator[None]:
    """Let ``from _operators import …`` find the operators that the tool vendors.

    They are loaded from their file, as in a target: nothing else of ``transforms`` is imported.
    """
    spec = importlib.util.find_spec("transforms")
    assert spec is not None
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0], "runtime", "operators.py")
    with registered("_operators", execute(_compile(path), "_operators")):
        yield


# All cases.

Format = Literal["text", "json"]


def run_golden(
    root: Path | str,
    worlds: int = 200,
    format: Format = "text",  # noqa: A002  (the name of the command line's option)
    *,
    stream: TextIO | None = None,
    only: Sequence[str] = (),
    jobs: int | None = None,
) -> int:
    """Check all cases below ``root`` and say how they came out, in the order of their names.

    Args:
        only: names of rules, or of cases as ``rule/case``; empty: all.
        stream: where the report goes; None: standard output.
        jobs: in how many processes cases are checked; None: one a processor.

    Returns:
        The exit status: 0 if there are cases and all are equal, else 1.
    """
    out = sys.stdout if stream is None else stream
    cases = discover_cases(root)
    cases = [case for case in cases if not only or case.rule in only or str(case) in only]
    reports = []
    for report in _check_all(cases, worlds, jobs or os.cpu_count() or 1):
        reports.append(report)
        if format == "text":
            print(_line(report), file=out, flush=True)
    if format == "json":
        json.dump({"version": 1, "cases": [_as_json(report) for report in reports]}, out, indent=1)
        print(file=out)
    else:
        print(_total(reports), file=out)
    return 0 if reports and all(report.passed for report in reports) else 1


def _check_all(cases: list[Case], worlds: int, jobs: int) -> Iterator[CaseReport]:
    if jobs == 1 or len(cases) < 2:
        yield from (check_case(case, worlds) for case in cases)
        return
    with ProcessPoolExecutor(min(jobs, len(cases))) as pool:
        yield from pool.map(check_case, cases, [worlds] * len(cases))


def _line(report: CaseReport) -> str:
    seen = report.evidence
    line = (
        f"{report.outcome:8} {report.case!s:48} {seen.worlds:4} worlds {seen.runs:5} runs"
        f" {seen.cancellations:5} cancellations ({seen.struck} met a call)"
        f" {seen.failures:5} failures {report.seconds:5.1f} s"
    )
    if report.problem is not None:
        return f"{line}\n{report.problem}\n"
    return line if report.difference is None else f"{line}\n{report.difference}\n"


def _total(reports: list[CaseReport]) -> str:
    outcomes = [report.outcome for report in reports]
    return (
        f"{len(reports)} cases: {outcomes.count('equal')} equal, {outcomes.count('differs')}"
        f" differ, {outcomes.count('problem')} could not be compared"
    )


def _as_json(report: CaseReport) -> dict[str, Any]:
    return {
        "rule": report.case.rule,
        "case": report.case.name,
        "outcome": report.outcome,
        "seconds": round(report.seconds, 3),
        **asdict(report.evidence),
        "difference": None if report.difference is None else str(report.difference),
        "problem": report.problem,
    }
