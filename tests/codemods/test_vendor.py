"""Where the operators module belongs, and whose copy lies there."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods import vendor
from codemods.vendor import Copy, PlacementError, inspect, is_vendored, module_bytes, place


def package(root: Path, *names: str) -> None:
    for name in names:
        (root / name).mkdir(parents=True)
        (root / name / "__init__.py").touch()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    package(tmp_path, "top", "top/sub", "top/sub/deep", "src/inner")
    (tmp_path / "loose" / "lost").mkdir(parents=True)
    (tmp_path / "loose" / "lost" / "__init__.py").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("file", "path", "module"),
    [
        ("top/a.py", "top/_operators.py", "top._operators"),
        ("top/__init__.py", "top/_operators.py", "top._operators"),
        ("top/sub/deep/a.py", "top/_operators.py", "top._operators"),
        ("src/inner/a.py", "src/inner/_operators.py", "inner._operators"),
        ("script.py", "_operators.py", "_operators"),
        ("loose/script.py", "loose/_operators.py", "_operators"),
        ("loose/lost/a.py", "loose/lost/_operators.py", "lost._operators"),
    ],
)
def test_by_itself(project: Path, file: str, path: str, module: str) -> None:
    found = place(project / file, None, project)
    assert (found.path, found.module) == (project / path, module)


@pytest.mark.parametrize(
    ("file", "operators", "path"),
    [
        pytest.param("top/a.py", "top.sub._rx", "top/sub/_rx.py", id="in the same package"),
        pytest.param("script.py", "top._rx", "top/_rx.py", id="from the configuration's folder"),
        pytest.param("script.py", "inner._rx", "src/inner/_rx.py", id="in src"),
        pytest.param("top/a.py", "inner._rx", "src/inner/_rx.py", id="in another source root"),
        pytest.param("top/a.py", "_rx", "_rx.py", id="beside the package"),
        pytest.param("src/inner/a.py", "_rx", "src/_rx.py", id="beside the package in src"),
    ],
)
def test_as_named(project: Path, file: str, operators: str, path: str) -> None:
    found = place(project / file, operators, project)
    assert (found.path, found.module) == (project / path, operators)


@pytest.mark.parametrize(
    ("operators", "words"),
    [
        ("nowhere._rx", "no package"),
        ("top.sub", "name a module in it"),
        ("top..a", "not a module name"),
        ("top.class", "not a module name"),
        ("", "not a module name"),
        ("top/a", "not a module name"),
    ],
)
def test_a_place_that_is_none(project: Path, operators: str, words: str) -> None:
    with pytest.raises(PlacementError, match=words):
        place(project / "top" / "a.py", operators, project)


# --- whose copy --------------------------------------------------------------------------


def older(monkeypatch: pytest.MonkeyPatch, version: str = "0.0.9") -> bytes:
    with monkeypatch.context() as patch:
        patch.setattr(vendor, "__version__", version)
        patch.setattr(vendor, "_body", lambda: b"x = 1\n")
        return module_bytes()


def test_nothing_there() -> None:
    assert inspect(None) is Copy.MISSING


def test_our_own() -> None:
    assert inspect(module_bytes()) is Copy.CURRENT


def test_our_own_with_other_line_endings() -> None:
    assert inspect(module_bytes().replace(b"\n", b"\r\n")) is Copy.CURRENT


def test_the_same_code_of_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = module_bytes()
    monkeypatch.setattr(vendor, "__version__", "9.0")
    assert inspect(ours) is Copy.CURRENT


def test_an_older_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert inspect(older(monkeypatch)) is Copy.OUTDATED


def test_an_older_one_with_other_line_endings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert inspect(older(monkeypatch).replace(b"\n", b"\r\n")) is Copy.OUTDATED


def test_a_newer_one_is_not_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    assert inspect(older(monkeypatch, "99.0")) is Copy.CURRENT


def test_an_edited_one() -> None:
    assert inspect(module_bytes() + b"\n# mine\n") is Copy.EDITED


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"# Vendored by codemods\n", id="half a header"),
        pytest.param(b"", id="an empty file"),
        pytest.param(b"def mine():\n    pass\n", id="the user's own module"),
    ],
)
def test_one_that_is_not_ours(data: bytes) -> None:
    assert inspect(data) is Copy.EDITED


def test_an_edited_older_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert inspect(older(monkeypatch) + b"y = 2\n") is Copy.EDITED


def test_the_copy_tells_what_it_is() -> None:
    assert is_vendored(module_bytes())
    assert not is_vendored(b"x = 1\n")


def test_the_copy_compiles() -> None:
    compile(module_bytes(), "_operators.py", "exec")
