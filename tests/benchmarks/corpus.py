"""The tool on a large corpus, beside ruff and ast-grep, in one run.

    sh corpus.sh /tmp/corpus                               # some 20,000 files, pinned wheels
    pip install ruff ast-grep-cli                          # not needed by anything else here
    python tests/benchmarks/corpus.py /tmp/corpus/src [--rounds 3] [--only WORD] [--growth]

Each round runs every program once, one after the other, so that all of them meet the same noise;
what counts are the ratios of the medians. Beside the time that passes, the processor's time is
given, which says more on a machine that does other things, too. `ruff check --select ASYNC` reads
and parses every file; `ast-grep` looks for the same calls as our inventory, and rewrites one kind.

`--growth` runs the tool on the first 1,000, 5,000 and all files: time and the peak memory of any
process. Nothing here asserts anything, nothing of the corpus is run, and nothing is written to it.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SEARCH = """\
id: coordination
language: python
severity: info
rule:
  any:
    - pattern: asyncio.sleep($$$)
    - pattern: asyncio.gather($$$)
    - pattern: asyncio.Semaphore($$$)
    - pattern: asyncio.BoundedSemaphore($$$)
    - pattern: asyncio.Event($$$)
    - pattern: asyncio.to_thread($$$)
    - pattern: asyncio.wait_for($$$)
    - pattern: $LOOP.run_in_executor(None, $$$)
    - pattern: AsyncLimiter($$$)
    - pattern: AsyncRetrying($$$)
    - pattern: Retrying($$$)
    - pattern: retry($$$)
    - pattern: tenacity.retry($$$)
"""
_REWRITE = """\
id: delay
language: python
severity: info
rule:
  pattern: await asyncio.sleep($SECONDS)
fix: await last_value_from(rx.timer($SECONDS))
"""


@dataclass(frozen=True, slots=True)
class Program:
    """Something to run in the corpus. ``fresh``: with an empty cache."""

    name: str
    command: tuple[str, ...]
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds that passed, seconds of processors, and the largest process in megabytes."""

    wall: float
    processor: float
    memory: float


def programs(scratch: Path, tree: Path) -> Iterator[Program]:
    ours = (sys.executable, "-m", "codemods")
    dry = ("apply", "--dry-run", "--allow-dirty", "--quiet")
    yield Program("inventory, no cache", (*ours, "inventory", "--no-cache", "-q", str(tree)))
    yield Program("inventory, cold", (*ours, "inventory", "-q", str(tree)), fresh=True)
    yield Program("inventory, warm", (*ours, "inventory", "-q", str(tree)))
    yield Program("inventory, one core", (*ours, "inventory", "--no-cache", "-qj1", str(tree)))
    yield Program("apply --dry-run, cold", (*ours, *dry, str(tree)), fresh=True)
    yield Program("apply --dry-run, warm", (*ours, *dry, str(tree)))
    yield Program("apply --dry-run, one core", (*ours, *dry, "--no-cache", "-j1", str(tree)))
    if ruff := _find("ruff"):
        words = ("check", "--select", "ASYNC", "--no-cache", "--isolated", "--quiet")
        yield Program("ruff", (ruff, *words, "--exit-zero", str(tree)))
    if grep := _find("ast-grep"):
        search, rewrite = scratch / "search.yml", scratch / "rewrite.yml"
        search.write_text(_SEARCH)
        rewrite.write_text(_REWRITE)
        words = ("scan", "--json=stream", "--rule")
        yield Program("ast-grep, search", (grep, *words, str(search), str(tree)))
        yield Program("ast-grep, rewrite", (grep, *words, str(rewrite), str(tree)))


def _find(name: str) -> str | None:
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


def measured(program: Program, environment: Mapping[str, str]) -> Cost:
    if program.fresh:
        shutil.rmtree(environment["XDG_CACHE_HOME"], ignore_errors=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    with subprocess.Popen(
        program.command, env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        memory = _peak(process)
        assert process.stderr is not None
        said = process.stderr.read()
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in {0, 1, 3}:
        sys.exit(f"{program.name}: status {process.returncode}\n{said.decode()}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, used, memory)


def _peak(process: subprocess.Popen[bytes]) -> float:
    """The largest of the program's processes, looked at now and then; 0 where that is not told."""
    peak = 0
    while process.poll() is None:
        for one in _family(process.pid):
            try:
                state = Path(f"/proc/{one}/status").read_text()
            except OSError:
                continue
            lines = (line.split() for line in state.splitlines() if line.startswith("VmHWM"))
            peak = max(peak, *(int(line[1]) for line in lines), 0)
        time.sleep(0.02)
    return peak / 1024


def _family(parent: int) -> Iterator[int]:
    yield parent
    try:
        words = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    except OSError:
        return
    for child in words:
        yield from _family(int(child))


@contextmanager
def _own_cache() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "XDG_CACHE_HOME": f"{folder}/cache", "XDG_STATE_HOME": folder}
        # Else each run compiles us and libcst anew: whoever uses the program has its bytecode.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        yield environment


def compare(tree: Path, rounds: int, only: str) -> None:
    with tempfile.TemporaryDirectory() as scratch, _own_cache() as environment:
        chosen = [one for one in programs(Path(scratch), tree) if only in one.name]
        costs: dict[str, list[Cost]] = {program.name: [] for program in chosen}
        for _ in range(rounds):
            for program in chosen:
                costs[program.name].append(measured(program, environment))
    walls = {name: statistics.median(c.wall for c in found) for name, found in costs.items()}
    used = {name: statistics.median(c.processor for c in found) for name, found in costs.items()}
    peers = [name for name in costs if name.startswith(("ruff", "ast-grep"))]
    print(f"{'':<54}" + "".join(f"{'wall / cpu to':>20}" for _ in peers))
    names = "".join(f"{peer:>20}" for peer in peers)
    print(f"{'':<27}{'wall s':>9}{'cpu s':>9}{'peak MB':>9}{names}")
    for name, found in costs.items():
        memory = max(cost.memory for cost in found)
        ratios = "".join(
            f"{walls[name] / walls[peer]:>13.2f} / {used[name] / used[peer]:<4.2f}"
            for peer in peers
        )
        print(f"{name:<27}{walls[name]:>9.2f}{used[name]:>9.2f}{memory:>9.0f}{ratios}")


def growth(tree: Path, sizes: Sequence[int], only: str) -> None:
    files = sorted(tree.rglob("*.py"))
    print(f"{'':<27}{'files':>9}{'MB':>9}{'wall s':>9}{'cpu s':>9}{'peak MB':>9}")
    for size in sizes:
        with tempfile.TemporaryDirectory() as scratch, _own_cache() as environment:
            # Every so many: each part is made up as the whole.
            some = files[:: max(len(files) // size, 1)][:size]
            part = Path(scratch) / "tree"
            for file in some:
                target = part / file.relative_to(tree)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
            read = sum(file.stat().st_size for file in some) / 1e6
            for program in programs(Path(scratch), part):
                if "cold" in program.name and only in program.name:
                    cost = measured(program, environment)
                    row = f"{cost.wall:>9.2f}{cost.processor:>9.2f}{cost.memory:>9.0f}"
                    print(f"{program.name:<27}{len(some):>9}{read:>9.0f}{row}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="the tool beside ruff and ast-grep")
    parser.add_argument("tree", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="programs whose name holds this word")
    parser.add_argument("--growth", action="store_true", help="by the number of files instead")
    chosen = parser.parse_args()
    if chosen.growth:
        growth(chosen.tree, (1_000, 5_000, 20_000), chosen.only)
    else:
        compare(chosen.tree, chosen.rounds, chosen.only)


if __name__ == "__main__":
    main()
