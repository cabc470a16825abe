"""Change the operators module in small ways, one at a time, and see whether the suite notices.

    pip install cosmic-ray
    python tests/mutation/run.py [--sample 200] [--seed 0] [--jobs 2] [--only flat_map] [--again]

The mutants are cosmic-ray's, of all its operators that need no arguments; those that change
nothing but an annotation are left out. Each runs in a process forked from one that has everything
imported: first the unit tests, then, if it is still alive, the worlds that compare the operators
with their originals. Of both only what runs the function that was changed, the quickest first:
what does not run it cannot notice. Prints the survivors with their lines and the share that was
killed; status 1 below 90 %.

Verdicts are kept in a file (``--verdicts``), so that a run that was stopped goes on where it was,
and another seed or part of the module adds to what is known. ``--again`` tries the known survivors
once more, on all tests, after some were added.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import hashlib
import json
import os
import random
import resource
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import cast

import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
MODULE = "transforms.runtime.operators"
SOURCE = ROOT / "transforms" / "runtime" / "operators.py"
UNIT_TESTS = sorted(
    (ROOT / "tests" / "transforms" / "runtime").glob("test_*.py"),
    key=lambda path: -path.stat().st_size,  # the one with the most tests first
)
CASES = ROOT / "tests" / "codemods" / "verify" / "operators"
WORLDS = 15
VERDICTS = ROOT / ".mutation.jsonl"
PATIENCE = 5
"""Seconds of processor time beside twice what the tests take on the module as it is; who takes more
runs for ever, and that is noticed."""
MOST = 250
"""The same for the module as it is."""
IDLE = 20
"""Seconds without any processor time: who waits so long waits for ever."""
GOAL = 0.9
KILLED, SURVIVED = 1, 0


@dataclass(frozen=True, slots=True)
class Mutant:
    """The ``occurrence``-th place at which the mutation ``operator`` applies."""

    operator: str
    occurrence: int
    line: int

    def code(self, source: str) -> str | None:
        return mutate_code(source, get_operator(self.operator)(), self.occurrence)


def all_mutants(source: str) -> Iterator[Mutant]:
    nodes = list(ast_nodes(get_ast(source)))
    for name in sorted(operator_names()):
        if get_operator(name).arguments():
            continue  # needs to be told what to do
        operator = get_operator(name)()
        occurrence = 0
        for node in nodes:
            for (line, _), _ in operator.mutation_positions(node):
                yield Mutant(name, occurrence, line)
                occurrence += 1


class _Bare(ast.NodeTransformer):
    """Takes annotations and docstrings out: nothing in the module reads them."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return ast.Pass() if _says_nothing(node) else self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)


def _says_nothing(node: ast.FunctionDef) -> bool:
    """Whether it is there for type checkers alone: an overload, a method of a protocol."""
    *_, last = node.body
    return isinstance(last, ast.Expr) and getattr(last.value, "value", None) is ...


def bare(source: str) -> str:
    return ast.dump(_Bare().visit(ast.parse(source)))


# --- who runs what ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Suite:
    """Names of unit tests and of cases of ``operators``, and what they take in all."""

    tests: tuple[str, ...]
    cases: tuple[str, ...]
    seconds: float


class Reach:
    """A pytest plugin that notes which functions of the module each test runs.

    A function is known by the line of its outermost ``def``. What runs outside of any test, while
    modules are imported, has an effect on all of them.
    """

    def __init__(self, functions: dict[int, int]) -> None:
        self.functions = functions
        self.ran: dict[str, set[int]] = {"": set()}
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def of(self, name: str) -> Iterator[None]:
        into = self.ran.setdefault(name, set())
        path, functions = str(SOURCE), self.functions

        def profile(frame: FrameType, event: str, _: object) -> None:
            if event == "call" and frame.f_code.co_filename == path:
                into.add(functions.get(frame.f_code.co_firstlineno, 0))

        before = time.process_time()
        sys.setprofile(profile)
        threading.setprofile(profile)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
            self.seconds[name] = time.process_time() - before

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Iterator[None]:
        with self.of(""):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        with self.of(item.nodeid):
            return (yield)


@dataclass(frozen=True, slots=True)
class Suites:
    """For each line of the module those tests and cases that run its function."""

    tests: tuple[str, ...]
    cases: tuple[str, ...]
    functions: dict[int, int]
    ran: dict[str, list[int]]
    seconds: dict[str, float]

    def of(self, line: int) -> Suite:
        function = self.functions.get(line, 0)
        tests, cases = self._running(function, self.tests), self._running(function, self.cases)
        if function == 0 or function in self.ran[""]:
            # It may have an effect on everything; what runs it comes first.
            tests, cases = tests + self.tests, cases + self.cases
        return self._suite(tests, cases)

    def everything(self) -> Suite:
        return self._suite(self.tests, self.cases)

    def _suite(self, tests: tuple[str, ...], cases: tuple[str, ...]) -> Suite:
        tests, cases = tuple(dict.fromkeys(tests)), tuple(dict.fromkeys(cases))
        return Suite(tests, cases, sum(self.seconds[name] for name in tests + cases))

    def _running(self, function: int, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if function in self.ran[name])


def functions_of(source: str) -> dict[int, int]:
    """The line of the outermost ``def`` around each line; those outside of any are left out.

    A decorator is a part of its function, as it is for the interpreter.
    """
    tree = ast.parse(source)
    tops = [
        *tree.body,
        *(n for top in tree.body if isinstance(top, ast.ClassDef) for n in top.body),
    ]
    return {
        line: node.lineno
        for node in tops
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for line in range(_first_line(node), cast(int, node.end_lineno) + 1)
    }


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return min(part.lineno for part in (node, *node.decorator_list))


def _look(source: str, found: Path) -> int:
    """Run everything on the module as it is, and write down who ran what."""
    reach = Reach(functions_of(source))
    with reach.of(""):
        _install(compile(source, str(SOURCE), "exec", dont_inherit=True))
    if not _unit_tests(reach, UNIT_TESTS):
        return KILLED
    tests = sorted(reach.ran.keys() - {""}, key=lambda name: reach.seconds[name])
    cases = sorted(path.parent.name for path in CASES.glob("*/scenario.py"))
    for case in cases:
        with reach.of(case):
            if not _passes(case):
                return KILLED
    cases.sort(key=lambda name: reach.seconds[name])
    ran = {name: sorted(functions) for name, functions in reach.ran.items()}
    seen = {"tests": tests, "cases": cases, "ran": ran, "seconds": reach.seconds}
    found.write_text(json.dumps(seen), encoding="utf-8")
    return SURVIVED


def suites_of(source: str) -> Suites:
    """Who runs what; the suite must pass on the module as it is."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "found.json"
        _, status = os.waitpid(_in_child(partial(_look, source, found), MOST), 0)
        if status != 0:
            raise SystemExit("the suite does not even pass on the module as it is")
        seen = json.loads(found.read_text(encoding="utf-8"))
    tests, cases = tuple(seen["tests"]), tuple(seen["cases"])
    return Suites(tests, cases, functions_of(source), seen["ran"], seen["seconds"])


# --- one mutant, in a process of its own -----------------------------------------------------


def _preload() -> None:
    """What every child needs, without the module that is mutated."""
    import hypothesis  # noqa: F401
    import reactivex  # noqa: F401
    import tenacity  # noqa: F401

    import codemods.verify.golden  # noqa: F401


def _install(code: CodeType) -> None:
    """Let every import of the module, and every vendored copy, be the mutant."""
    import transforms.runtime
    from codemods.verify import golden

    sys.modules.pop(MODULE, None)
    module = ModuleType(MODULE)
    module.__file__ = str(SOURCE)
    sys.modules[MODULE] = module
    transforms.runtime.operators = module  # type: ignore[attr-defined]
    compile_file = golden._compile

    def compile_mutant(path: Path) -> CodeType:
        return code if path == SOURCE else compile_file(path)

    golden._compile = compile_mutant  # type: ignore[assignment]
    exec(code, module.__dict__)


class Chosen:
    """A pytest plugin: only these tests, in this order."""

    def __init__(self, names: Sequence[str]) -> None:
        self.places = {name: place for place, name in enumerate(names)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self.places]
        items.sort(key=lambda item: self.places[item.nodeid])


def _unit_tests(plugin: object, files: Sequence[Path]) -> bool:
    """Whether they pass."""
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly"]
    return pytest.main([*options, f"--rootdir={ROOT}", *map(str, files)], plugins=[plugin]) == 0


def _passes(case: str) -> bool:
    from codemods.verify.golden import Case, check_case

    return check_case(Case("operators", case, CASES / case), WORLDS).passed


def _suite_fails(suite: Suite) -> bool:
    files = {name.partition("::")[0] for name in suite.tests}
    wanted = [path for path in UNIT_TESTS if path.relative_to(ROOT).as_posix() in files]
    if wanted and not _unit_tests(Chosen(suite.tests), wanted):
        return True
    return not all(map(_passes, suite.cases))


def _in_child(work: Callable[[], int], seconds: int) -> int:
    """Fork, do it without a word, and say in the parent which process does it."""
    pid = os.fork()
    if pid:
        return pid
    with open(os.devnull, "w") as null:
        os.dup2(null.fileno(), 1)
        os.dup2(null.fileno(), 2)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    try:
        os._exit(work())
    except BaseException:
        os._exit(KILLED)


def is_killed(source: str, suite: Suite) -> bool:
    """Whether the suite notices that this is not the operators module."""

    def work() -> int:
        _install(compile(source, str(SOURCE), "exec", dont_inherit=True))
        return KILLED if _suite_fails(suite) else SURVIVED

    pid = _in_child(work, PATIENCE + round(2 * suite.seconds))
    used, since = 0.0, time.monotonic()
    while time.monotonic() - since < IDLE:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status != 0
        time.sleep(0.1)
        now = _processor_seconds(pid)
        if now > used:
            used, since = now, time.monotonic()
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return True


def _processor_seconds(pid: int) -> float:
    """What the process has used; on a system without ``/proc``, what the clock says."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return time.monotonic()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- all of them -------------------------------------------------------------------------


def _lines_of(source: str, name: str) -> range:
    for node in ast.walk(ast.parse(source)):
        if getattr(node, "name", None) == name:
            return range(node.lineno, node.end_lineno + 1)  # type: ignore[attr-defined]
    raise SystemExit(f"{SOURCE.name} has no {name!r}")


class Verdicts:
    """What is known of the mutants of this module: by their text, in a file that grows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[str, dict[str, object]] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                self.known[entry["key"]] = entry

    def add(self, entry: dict[str, object]) -> None:
        self.known[str(entry["key"])] = entry
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def _judge(
    source: str, plain: str, suites: Suites, verdicts: Verdicts, again: bool, mutant: Mutant
) -> dict[str, object] | None:
    """The mutant's verdict, known or found; None for a mutant that is none."""
    mutated = mutant.code(source)
    if mutated is None:
        return None
    key = hashlib.sha256(mutated.encode()).hexdigest()[:20]
    known = verdicts.known.get(key)
    if known is not None and (known["verdict"] == "killed" or not again):
        return known
    try:
        if bare(mutated) == plain:
            return None
    except SyntaxError:
        return None
    suite = suites.everything() if again else suites.of(mutant.line)
    verdict = "killed" if is_killed(mutated, suite) else "survived"
    changed = difflib.unified_diff(source.splitlines(), mutated.splitlines(), lineterm="", n=0)
    change = [line for line in list(changed)[2:] if not line.startswith("@@")]
    entry: dict[str, object] = {"key": key, "line": mutant.line, "operator": mutant.operator}
    verdicts.add({**entry, "verdict": verdict, "change": change})
    return verdicts.known[key]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sample", type=int, help="only so many, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", help="only within this function or class")
    parser.add_argument("--again", action="store_true", help="try known survivors again")
    parser.add_argument("--verdicts", type=Path, default=VERDICTS)
    options = parser.parse_args(arguments)

    source = SOURCE.read_text(encoding="utf-8")
    plain = bare(source)
    mutants = list(all_mutants(source))
    if options.only:
        lines = _lines_of(source, options.only)
        mutants = [mutant for mutant in mutants if mutant.line in lines]
    random.Random(options.seed).shuffle(mutants)
    _preload()
    verdicts = Verdicts(options.verdicts)
    judge = partial(_judge, source, plain, suites_of(source), verdicts, options.again)
    judged: list[dict[str, object]] = []
    with ThreadPoolExecutor(options.jobs) as pool:
        wanted = options.sample or len(mutants)
        while mutants and len(judged) < wanted:
            batch = [mutants.pop() for _ in range(min(32 * options.jobs, len(mutants)))]
            judged += [entry for entry in pool.map(judge, batch) if entry is not None]
    return _report(judged)


def _report(judged: list[dict[str, object]]) -> int:
    survivors = [entry for entry in judged if entry["verdict"] == "survived"]
    for entry in sorted(survivors, key=lambda entry: cast(int, entry["line"])):
        print(f"survived: {entry['operator']} at line {entry['line']}")
        print("\n".join(cast("list[str]", entry["change"])))
    killed = len(judged) - len(survivors)
    share = killed / len(judged) if judged else 0.0
    print(f"{killed} of {len(judged)} mutants killed: {share:.1%}")
    return 0 if share >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
