"""Runs of `apply` that are killed at random instants: `python tests/robustness/kill.py [RUNS]`.

After each kill, every file is either as before or fully rewritten, and parses. Then the tree is
brought back by `undo` (itself killed now and then), or finished by another `apply` and brought
back by two. It must be the same byte for byte, names and modes included.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import random
import signal
import stat
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from codemods.cli import main

State = dict[str, tuple[bytes, int]]

SOURCE = """\
import asyncio


async def nap_{n}(items, limit):
    await asyncio.sleep({n})
    semaphore = asyncio.Semaphore(limit)

    async def one(item):
        async with semaphore:
            return await item.fetch()

    return await asyncio.gather(*[one(item) for item in items])
"""
FILLER = "# " + "-" * 3000 + "\n"


def build(root: Path) -> None:
    """Some forty files in packages, with all that a rewrite must keep."""
    for package in ("app", "app/sub", "scripts"):
        (root / package).mkdir(parents=True)
        if package != "scripts":
            (root / package / "__init__.py").touch()
    for number in range(36):
        folder = root / ("app", "app/sub", "scripts")[number % 3]
        text = SOURCE.format(n=number) + FILLER
        data = text.replace("\n", "\r\n").encode() if number % 4 == 1 else text.encode()
        path = folder / f"module {number}.py" if number % 5 == 2 else folder / f"m{number}.py"
        path.write_bytes(b"\xef\xbb\xbf" + data if number % 4 == 2 else data)
        path.chmod(0o640 if number % 2 else 0o755)
    (root / "scripts" / "link.py").symlink_to("../app/m0.py")


def state(root: Path) -> State:
    return {
        os.fspath(path.relative_to(root)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def start(root: Path, home: Path, *words: str) -> int:
    """A command in a process, and a process group, of its own."""
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        os.chdir(root)
        os.environ["XDG_STATE_HOME"] = os.environ["XDG_CACHE_HOME"] = str(home)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            main(list(words))
    except SystemExit as error:
        os._exit(error.code if isinstance(error.code, int) else 99)
    finally:
        os._exit(99)


def ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_after(child: int, seconds: float, when: Callable[[], bool] = lambda: True) -> bool:
    """Kill the child so long after something is so; False: it came to its end before."""
    while not when():
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            break
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    killed = ended(child) == -signal.SIGKILL
    deadline = time.monotonic() + 30
    while _group_lives(child):
        assert time.monotonic() < deadline, "workers outlive their parent"
        time.sleep(0.01)
    return killed


def _group_lives(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True


def check_halves(now: State, before: State, after: State) -> str:
    """Each file is whole. Says how far the run came."""
    for name, (data, mode) in now.items():
        if os.path.basename(name).startswith(".codemods-"):
            continue
        assert (data, mode) in (before.get(name), after.get(name)), f"{name} is damaged"
        ast.parse(data)
    assert now.keys() >= before.keys(), "a file is gone"
    if all(now.get(name) == one for name, one in before.items()):
        return "nothing was rewritten yet"
    return (
        "all was rewritten" if now.keys() >= after.keys() and now == after else "amid the writing"
    )


def main_loop(runs: int, seed: int) -> Counter[str]:
    random.seed(seed)
    met: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="codemods-kill-") as name:
        root, homes = Path(name) / "tree", Path(name) / "homes"
        root.mkdir()
        build(root)
        before = state(root)
        started = time.monotonic()
        child = start(root, homes / "reference", "apply")
        journal = homes / "reference" / "codemods" / "journal.sqlite3"
        while not journal.exists():
            time.sleep(0.0005)
        planned = time.monotonic() - started
        assert ended(child) == 0
        wrote = time.monotonic() - started - planned
        after = state(root)
        assert ended(start(root, homes / "reference", "undo")) == 0
        assert state(root) == before
        for number in range(runs):
            home = homes / str(number)
            journal = home / "codemods" / "journal.sqlite3"
            child = start(root, home, "apply")
            if number % 3:
                kill_after(child, random.uniform(0, wrote * 1.1), journal.exists)
            else:
                kill_after(child, random.uniform(0, planned + wrote))
            met[check_halves(state(root), before, after)] += 1
            finish = number % 4 == 3
            if finish:
                assert ended(start(root, home, "apply")) == 0
                assert state(root) == after, "the second run did not finish the first one's work"
            elif number % 4 == 1:
                kill_after(start(root, home, "undo"), random.uniform(0, wrote))
                check_halves(state(root), before, after)
            while ended(start(root, home, "undo")) == 0:
                pass
            assert state(root) == before, "undo did not bring the tree back"
    return met


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1_000_000)
    counted = main_loop(wanted, seed)
    print(f"{wanted} runs killed (seed {seed}): every file whole, every tree brought back")
    for what, times in sorted(counted.items()):
        print(f"{times:>5}  {what}")
