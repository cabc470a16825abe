"""`apply` with all rules on a copy of a large tree, checked file by file.

    python tests/robustness/corpus.py TREE [--jobs N] [--keep FOLDER]

TREE is a folder of sources, such as the benchmark corpus (see tests/benchmarks/corpus.py). It is
copied; nothing of it is run. What must hold:

- no crash, no time-out: every error is one of the file, not of ours;
- each primitive that `inventory` lists has an outcome, and no other has;
- each changed file compiles, if it did before;
- a line that changed is an import, or in a function that holds a site that was made, or (outside
  of functions) in such a statement, or it names a class that was replaced: found by `diff`, which
  knows nothing of how the tool edits;
- a second run changes nothing.

At the end it prints how many sites there were and what became of them. Status 1 if a check fails.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

_OURS = {"internal-error", "time-out", "write-error"}
_MADE = {"pipeline", "drop-in"}
_HUNK = re.compile(r"^(\d+)(?:,(\d+))?([acd])(\d+)(?:,(\d+))?$", re.MULTILINE)
_CLASSES = re.compile(
    r"\b(?:AsyncLimiter|AsyncRetrying|BoundedSemaphore|Event|RetryCallState|Semaphore|TryAgain)\b"
)


def run(tree: Path, *words: str) -> tuple[dict[str, Any], float]:
    """One run of the tool in ``tree``: its JSON, and how long it took."""
    command = [sys.executable, "-m", "codemods", *words, "--format", "json", "--quiet", "."]
    started = time.monotonic()
    done = subprocess.run(command, cwd=tree, capture_output=True, check=False)
    if done.returncode not in {0, 3}:
        sys.exit(f"{' '.join(words)}: status {done.returncode}\n{done.stderr.decode()}")
    return json.loads(done.stdout), time.monotonic() - started


def check(before: Path, after: Path, jobs: Sequence[str]) -> list[str]:
    """Everything that does not hold."""
    listed, seconds = run(after, "inventory", *jobs)
    print(f"inventory: {len(listed['primitives'])} primitives in {seconds:.0f} s", flush=True)
    report, seconds = run(after, "apply", "--allow-dirty", *jobs)
    print(f"apply: {report['summary']} in {seconds:.0f} s", flush=True)
    table(report)
    troubles = [f"{e['path']}: {e['kind']}: {e['message']}" for e in ours(report)]
    troubles += missing(listed, report)
    for file in report["files"]:
        if file["changed"] and file["sites"]:
            troubles += compared(before, after, file)
    again, seconds = run(after, "apply", "--allow-dirty", *jobs)
    print(f"second run: {again['summary']} in {seconds:.0f} s", flush=True)
    troubles += [f"{f['path']}: changed by a second run" for f in again["files"] if f["changed"]]
    return troubles


def ours(report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (error for error in report["errors"] if error["kind"] in _OURS)


def missing(listed: dict[str, Any], report: dict[str, Any]) -> Iterator[str]:
    """Primitives without an outcome, and outcomes without a primitive."""
    failed = {error["path"] for error in report["errors"]}
    wanted = Counter(
        (one["path"], one["line"], one["column"])
        for one in listed["primitives"]
        if one["path"] not in failed
    )
    found = Counter(
        (file["path"], site["line"], site["column"])
        for file in report["files"]
        for site in file["sites"]
    )
    for place in wanted - found:
        yield f"{place[0]}:{place[1]}: no outcome"
    for place in found - wanted:
        yield f"{place[0]}:{place[1]}: an outcome, and no primitive"


def compared(before: Path, after: Path, file: dict[str, Any]) -> Iterator[str]:
    """What is wrong with one changed file."""
    old, new = before / file["path"], after / file["path"]
    if compiles(old) and not compiles(new):
        yield f"{file['path']}: does not compile"
    text = old.read_text(encoding="utf-8", errors="surrogateescape")
    try:
        allowed = may_change(text, [s for s in file["sites"] if s["outcome"] in _MADE])
    except SyntaxError:
        return  # newer syntax than this Python's
    done = subprocess.run(["diff", "-a", str(old), str(new)], capture_output=True, check=False)
    added = new.read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    for hunk in _HUNK.finditer(done.stdout.decode("utf-8", "replace")):
        first, last, kind, begin, close = hunk.group(1, 2, 3, 4, 5)
        if kind == "a" and only_imports(added[int(begin) - 1 : int(close or begin)]):
            continue  # below what has to come before all imports
        start, end = int(first), int(last or first)
        # Lines that are added belong to what stands above or below them.
        lines = {start, start + 1} if kind == "a" else set(range(start, end + 1))
        bad = not (lines & allowed) if kind == "a" else not lines <= allowed
        if bad:
            yield f"{file['path']}:{start}: changed, and no site is there"


def compiles(path: Path) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return False
    return True


def only_imports(lines: Iterable[str]) -> bool:
    try:
        body = ast.parse("\n".join(lines)).body
    except SyntaxError:
        return False
    return bool(body) and all(isinstance(each, ast.Import | ast.ImportFrom) for each in body)


def may_change(text: str, sites: Iterable[dict[str, Any]]) -> set[int]:
    """The lines that the sites explain."""
    tree = ast.parse(text)
    lines = text.split("\n")
    allowed = {n for n, line in enumerate(lines, 1) if _CLASSES.search(line)}
    last_import = 1
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            allowed.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            last_import = statement.end_lineno or statement.lineno
            allowed |= {statement.lineno - 1, last_import + 1}
    if last_import == 1 and tree.body:
        allowed |= set(range(1, (tree.body[0].end_lineno or 1) + 2))
    # The gap below the imports may get wider or narrower.
    while last_import < len(lines) and not lines[last_import].strip():
        last_import += 1
        allowed.add(last_import)
    spans = list(_spans(tree))
    for site in sites:
        around = [span for span in spans if span[0] <= site["line"] <= span[1]]
        start, end = max(around, default=(site["line"], site["line"]))
        allowed.update(range(start, end + 1))
    return allowed


def _spans(tree: ast.Module) -> Iterator[tuple[int, int]]:
    """The outermost functions, with their decorators, and the statements outside of functions."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                decorators = getattr(child, "decorator_list", [])
                start = min([child.lineno, *(one.lineno for one in decorators)])
                yield start, child.end_lineno or child.lineno
                if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                    continue
            pending.append(child)


def table(report: dict[str, Any]) -> None:
    """What became of the sites, by rule and by reason."""
    rules: defaultdict[str, Counter[str]] = defaultdict(Counter)
    reasons: Counter[tuple[str, str]] = Counter()
    for file in report["files"]:
        for site in file["sites"]:
            rule = f"{site['code']} {site['rule']}"
            rules[rule][site["outcome"]] += 1
            if site["reason"]:
                reasons[rule, site["reason"]] += 1
    print(f"{'rule':<26}{'sites':>7}{'pipeline':>10}{'drop-in':>9}{'refused':>9}")
    for rule, counts in sorted(rules.items()):
        row = f"{counts['pipeline']:>10}{counts['drop-in']:>9}{counts['refused']:>9}"
        print(f"{rule:<26}{counts.total():>7}{row}")
    for (rule, reason), count in sorted(reasons.items(), key=lambda item: (item[0][0], -item[1])):
        print(f"  {rule:<26}{reason:<32}{count:>6}")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description="apply all rules to a copy of a tree; check it")
    parser.add_argument("tree", type=Path)
    parser.add_argument("--jobs", default=None)
    parser.add_argument("--keep", type=Path, help="a folder for the copy, which is then kept")
    chosen = parser.parse_args()
    jobs = ["--jobs", chosen.jobs] if chosen.jobs else []
    with tempfile.TemporaryDirectory() as scratch:
        copy = (chosen.keep or Path(scratch)) / "tree"
        shutil.copytree(chosen.tree, copy, symlinks=True)
        troubles = check(chosen.tree, copy, jobs)
    for trouble in troubles:
        print(trouble)
    print(f"{len(troubles)} troubles")
    sys.exit(1 if troubles else 0)


if __name__ == "__main__":
    main()
