"""The sample application, migrated tier by tier: what is rewritten, what is left, what it does.

``pytest tests/test_objlib.py --snapshot-update`` writes ``golden/objlib/after``; it is read by a
person before it is committed.
"""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pytest_snapshot.plugin import Snapshot

from codemods.inventory import inventory
from codemods.verify.sample import SAMPLE, TIERS, Sample, codemods, lay_out, run_tests

ROOT = Path(__file__).parents[1]
#: The folders of each tier, as the application's own settings give them.
FOLDERS = {3: ("services", "search"), 2: ("extraction",), 1: ("upload",)}
OPERATORS = "objlib/upload/_operators.py"
#: What reviewers look for, by tier.
WORDS = {
    3: ("rx.from_callable(", "retry_when("),
    2: (
        "flat_map(",
        "max_concurrent=",
        "rx.interval(",
        "take_while(",
        "concat_map(",
        "rate_limit(",
        "do_action(",
    ),
    1: (
        "retry_when(",
        "take_until(",
        "occ_transition(",
        "dynamic_semaphore(",
        "BehaviorSubject(",
        "timeout(",
    ),
}
#: Names whose import would mean that a primitive is still in use.
PRIMITIVES = {
    "aiolimiter",
    *("BoundedSemaphore", "Event", "Semaphore", "gather", "to_thread", "wait_for"),
    *("AsyncRetrying", "Retrying", "retry"),
}


def git(folder: Path, *arguments: str, stdin: str | None = None) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
    done = subprocess.run(
        command, cwd=folder, input=stdin, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """A copy of the application, committed to a repository of its own."""
    sample = lay_out(tmp_path_factory.mktemp("objlib") / "before")
    git(sample.app, "init", "--quiet")
    git(sample.app, "add", ".")
    git(sample.app, "commit", "--quiet", "-m", "before")
    return sample


@pytest.fixture(scope="module")
def reports() -> dict[int, dict[str, Any]]:
    """What the tool told of each tier; filled by ``migrated``."""
    return {}


@pytest.fixture(scope="module")
def migrated(original: Sample, reports: dict[int, dict[str, Any]]) -> Mapping[int, Sample]:
    """A copy for each tier, migrated by that tier and those before it, each committed."""
    samples: dict[int, Sample] = {}
    sample = original
    for tier in TIERS:
        shutil.copytree(sample.folder, original.folder.with_name(f"tier{tier}"))
        sample = samples[tier] = Sample(original.folder.with_name(f"tier{tier}"))
        told = codemods(sample, "apply", "--tier", str(tier), "--format", "json")
        reports[tier] = json.loads(told)
        git(sample.app, "add", ".")
        git(sample.app, "commit", "--quiet", "-m", f"tier {tier}")
    return samples


def files(app: Path) -> dict[str, bytes]:
    """What belongs to the application: no repository, and no tool's cache."""
    return {
        name.as_posix(): (app / name).read_bytes()
        for name in sorted(path.relative_to(app) for path in app.rglob("*") if path.is_file())
        if not any(part.startswith((".", "__pycache__")) for part in name.parts)
    }


def modules(sample: Sample, tier: int) -> dict[str, str]:
    """The application's own modules that belong to a tier."""
    return {
        name: data.decode()
        for name, data in files(sample.app).items()
        if name != OPERATORS and name.startswith(tuple(f"objlib/{one}/" for one in FOLDERS[tier]))
    }


# --- what is written ------------------------------------------------------------------------


def test_after_is_what_the_tool_writes(migrated: Mapping[int, Sample], snapshot: Snapshot) -> None:
    found = files(migrated[TIERS[-1]].app)
    after = SAMPLE / "after"
    assert set(files(after)) - set(found) == set()
    snapshot.snapshot_dir = after
    for name, data in found.items():
        snapshot.assert_match(data, name)


@pytest.mark.parametrize("tier", TIERS)
def test_only_the_tier_and_the_operators_change(migrated: Mapping[int, Sample], tier: int) -> None:
    changed = set(git(migrated[tier].app, "diff", "--name-only", "HEAD^", "HEAD").split())
    assert changed
    assert changed - {OPERATORS} <= set(modules(migrated[tier], tier))
    assert (OPERATORS in changed) == (tier == TIERS[0])


@pytest.mark.parametrize("tier", TIERS)
def test_no_primitive_of_the_tier_is_left(migrated: Mapping[int, Sample], tier: int) -> None:
    for name, text in modules(migrated[tier], tier).items():
        assert inventory(text, name) == (), name
        imported = {
            word
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for word in (getattr(node, "module", None), *(alias.name for alias in node.names))
        }
        assert not imported & PRIMITIVES, name


@pytest.mark.parametrize("tier", TIERS)
def test_what_reviewers_look_for_is_there(migrated: Mapping[int, Sample], tier: int) -> None:
    text = "".join(modules(migrated[tier], tier).values())
    assert [word for word in WORDS[tier] if word not in text] == []


@pytest.mark.parametrize("tier", TIERS)
def test_every_primitive_is_accounted_for(
    original: Sample,
    migrated: Mapping[int, Sample],
    reports: dict[int, dict[str, Any]],
    tier: int,
) -> None:
    told = codemods(original, "inventory", "--tier", str(tier), "--format", "json")
    there = sorted(
        (entry["path"], entry["line"], entry["column"]) for entry in json.loads(told)["primitives"]
    )
    sites = [(file["path"], site) for file in reports[tier]["files"] for site in file["sites"]]
    assert there
    assert sorted((path, site["line"], site["column"]) for path, site in sites) == there
    assert {site["outcome"] for _, site in sites} <= {"pipeline", "drop-in"}


def test_a_second_run_changes_nothing(migrated: Mapping[int, Sample]) -> None:
    codemods(migrated[TIERS[-1]], "apply", "--check")  # raises at any status but 0


def test_a_dry_run_writes_nothing_and_git_accepts_its_diff(original: Sample) -> None:
    diff = codemods(original, "apply", "--tier", "2", "--dry-run")
    assert git(original.app, "status", "--porcelain") == ""
    git(original.app, "apply", "--check", "-", stdin=diff)


# --- what it does ---------------------------------------------------------------------------


@pytest.mark.parametrize("tier", TIERS)
def test_its_own_tests_pass(migrated: Mapping[int, Sample], tier: int) -> None:
    # Those that run it as a process take three times as long: `codemods demo` runs these.
    run = run_tests(migrated[tier], "--ignore=test_cli.py")
    assert (run.status, run.count("failed")) == (0, 0), run.output
    assert run.count("passed") > 140
