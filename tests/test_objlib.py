"""The sample application through tier 2: what is rewritten, what is left, what is accounted for.

What it does before and after is compared by ``python -m codemods demo``; here its files are.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from codemods.inventory import inventory

ROOT = Path(__file__).parents[1]
BEFORE = ROOT / "golden" / "objlib" / "before"


def codemods(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "codemods", *arguments]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def git(folder: Path, *arguments: str, stdin: str | None = None) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
    done = subprocess.run(
        command, cwd=folder, input=stdin, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the application, committed to a repository of its own."""
    folder = tmp_path_factory.mktemp("objlib") / "app"
    shutil.copytree(BEFORE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "before")
    return folder


@pytest.fixture(scope="module")
def inventoried(original: Path) -> list[tuple[str, int, int]]:
    done = codemods(original, "inventory", "--format", "json", "objlib/extraction")
    return sorted(
        (entry["path"], entry["line"], entry["column"])
        for entry in json.loads(done.stdout)["primitives"]
    )


@pytest.fixture(scope="module")
def migrated(
    original: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("migrated") / "app"
    shutil.copytree(original, folder)
    done = codemods(folder, "apply", "--tier", "2", "--format", "json")
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return folder, report


def test_a_dry_run_writes_nothing_and_git_accepts_its_diff(original: Path) -> None:
    done = codemods(original, "apply", "--tier", "2", "--dry-run")
    assert done.returncode == 0
    assert git(original, "status", "--porcelain") == ""
    git(original, "apply", "--check", "-", stdin=done.stdout)


def test_check_tells_before_from_after(
    original: Path, migrated: tuple[Path, dict[str, Any]]
) -> None:
    folder, _ = migrated
    assert codemods(original, "apply", "--tier", "2", "--check").returncode == 1
    again = codemods(folder, "apply", "--tier", "2", "--check", "--allow-dirty")
    assert again.returncode == 0, again.stdout


def test_only_the_tier_and_the_operators_change(migrated: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = migrated
    changed = {line[3:] for line in git(folder, "status", "--porcelain", "-uall").splitlines()}
    assert changed == {
        "objlib/extraction/batch_client.py",
        "objlib/extraction/batch_orchestrator.py",
        "objlib/extraction/orchestrator.py",
        "objlib/upload/_operators.py",
    }


def test_no_primitive_of_the_tier_is_left(migrated: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = migrated
    for path in sorted((folder / "objlib" / "extraction").glob("*.py")):
        text = path.read_text()
        assert inventory(text, path.name) == ()
        imported = {
            name
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in (getattr(node, "module", None), *(alias.name for alias in node.names))
        }
        assert not imported & {"asyncio", "aiolimiter", "Semaphore", "gather", "AsyncLimiter"}


def test_what_reviewers_look_for_is_there(migrated: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = migrated
    text = "".join(
        path.read_text() for path in sorted((folder / "objlib" / "extraction").glob("*.py"))
    )
    words = ("flat_map(", "max_concurrent=", "rx.interval(", "take_while(", "concat_map(")
    assert [word for word in (*words, "rate_limit(", "do_action(") if word not in text] == []


def test_every_primitive_is_accounted_for(
    inventoried: list[tuple[str, int, int]], migrated: tuple[Path, dict[str, Any]]
) -> None:
    _, report = migrated
    sites = sorted(
        (file["path"], site["line"], site["column"])
        for file in report["files"]
        for site in file["sites"]
    )
    assert inventoried
    assert sites == inventoried
    outcomes = {site["outcome"] for file in report["files"] for site in file["sites"]}
    assert outcomes <= {"pipeline", "drop-in"}
