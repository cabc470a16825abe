"""Which sites `apply --verify` takes back, in projects whose tests are a look at the files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from codemods.cli import main
from codemods.verify import suites
from codemods.verify.suites import SuiteRun, Test

Fails = Callable[[Mapping[str, str]], bool]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "__init__.py").touch()
    monkeypatch.chdir(root)
    return root


def naps(number: int) -> str:
    functions = (f"async def nap{i}():\n    await asyncio.sleep({i + 1})\n" for i in range(number))
    return "import asyncio\n\n\n" + "\n\n".join(functions)


def made(texts: Mapping[str, str], name: str, seconds: int) -> bool:
    """Whether one nap of a file was rewritten."""
    return f"rx.timer({seconds})" in texts[name]


def applied(
    monkeypatch: pytest.MonkeyPatch, fails: Fails, status: int = 1
) -> tuple[dict[str, Any], int]:
    """The report of `apply --verify` with a test that fails as told, and how often it ran."""
    runs = []

    def look(
        command: Sequence[str], folder: Path, env: Mapping[str, str], timeout: float
    ) -> SuiteRun:
        files = sorted(folder.rglob("*.py"))
        Path(env["CODEMODS_IMPORT_LOG"]).write_text("".join(f"{file}\n" for file in files))
        texts = {file.relative_to(folder).as_posix(): file.read_text() for file in files}
        runs.append(texts)
        test = Test("failed", error="it broke") if fails(texts) else Test("passed")
        return SuiteRun(int(test.verdict == "failed"), {"test_it": test}, 0.1, "")

    monkeypatch.setattr(suites, "run_pytest", look)
    words = ("apply", "pkg", "--verify", "python3 -m pytest", "--format", "json")
    result = CliRunner().invoke(main, words, prog_name="codemods")
    assert result.exit_code == status, result.output
    report: dict[str, Any] = json.loads(result.stdout)
    return report, len(runs)


def taken_back(report: dict[str, Any]) -> list[tuple[str, int]]:
    return [
        (file["path"], site["line"])
        for file in report["files"]
        for site in file["sites"]
        if site["reason"] == "failed-verification"
    ]


def test_culprits_in_two_files_are_found_in_few_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c", "d"):
        (folder / "pkg" / f"{name}.py").write_text(naps(10))
    report, runs = applied(
        monkeypatch, lambda texts: made(texts, "pkg/b.py", 3) or made(texts, "pkg/d.py", 10)
    )
    assert taken_back(report) == [("pkg/b.py", 13), ("pkg/d.py", 41)]
    assert report["summary"]["pipeline"] == 38
    assert runs <= 30
    assert (folder / "pkg" / "b.py").read_text().count("asyncio.sleep") == 1
    assert "asyncio" not in (folder / "pkg" / "a.py").read_text()
    details = {site["detail"] for file in report["files"] for site in file["sites"]}
    assert details == {None, "test_it (newly failing)"}


def test_sites_that_fail_only_together_are_both_taken_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pkg" / "a.py").write_text(naps(6))
    report, _ = applied(
        monkeypatch, lambda texts: made(texts, "pkg/a.py", 2) and made(texts, "pkg/a.py", 5)
    )
    assert taken_back(report) == [("pkg/a.py", 9), ("pkg/a.py", 21)]


def test_where_all_fail_nothing_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "pkg" / "a.py").write_text(naps(3))
    report, _ = applied(monkeypatch, lambda texts: "pkg/_operators.py" in texts)
    assert len(taken_back(report)) == 3
    assert (folder / "pkg" / "a.py").read_text() == naps(3)
    assert not (folder / "pkg" / "_operators.py").exists()
    assert report["summary"]["changed"] == 0


def test_what_needs_a_site_goes_with_it_and_what_stands_inside_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    golden = Path(__file__).parents[2] / "golden" / "checkpoint" / "guard_and_two_writes"
    (folder / "pkg" / "a.py").write_text((golden / "before.py").read_text())
    report, _ = applied(monkeypatch, lambda texts: "concat_map(" in texts["pkg/a.py"])
    outcomes = {
        (site["code"], site["outcome"], site["reason"])
        for file in report["files"]
        for site in file["sites"]
    }
    assert outcomes == {
        ("RX205", "refused", "failed-verification"),
        ("RX206", "refused", "companion-refused"),
        ("RX202", "pipeline", None),
    }


def test_after_so_many_runs_the_rest_is_taken_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codemods.verified.MOST_RUNS", 4)
    (folder / "pkg" / "a.py").write_text(naps(8))
    report, runs = applied(monkeypatch, lambda texts: made(texts, "pkg/a.py", 2))
    assert len(taken_back(report)) == 8
    assert runs <= 4 + 2  # and two on the original
    assert report["summary"]["changed"] == 0


def test_what_passes_is_written_without_a_search(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pkg" / "a.py").write_text(naps(3))
    report, runs = applied(monkeypatch, lambda texts: False, status=0)
    assert (taken_back(report), runs) == ([], 2)


def test_a_file_that_is_changed_meanwhile_is_not_overwritten(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pkg" / "a.py").write_text(naps(3))

    def edit(texts: Mapping[str, str]) -> bool:
        (folder / "pkg" / "a.py").write_text(naps(4))
        return False

    report, _ = applied(monkeypatch, edit, status=3)
    assert [error["path"] for error in report["errors"]] == ["pkg/a.py"]
    assert (folder / "pkg" / "a.py").read_text() == naps(4)
