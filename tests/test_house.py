"""Who may know whom: read from the imports, wherever in a module they stand."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for top in ("codemods", "transforms") for path in (ROOT / top).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """The dotted names that a module imports; of ``from a import b`` both ``a`` and ``a.b``."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def tops(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


def _id(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=_id)
def test_imports_are_absolute_and_of_public_names(path: Path) -> None:
    for name in imports(path):
        own = name.startswith(("codemods.", "transforms."))
        private = [part for part in name.split(".") if part.startswith("_") and part[1] != "_"]
        assert not (own and private), name
    tree = ast.parse(path.read_text("utf-8"))
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree))


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.is_relative_to(ROOT / "transforms")], ids=_id
)
def test_mappings_know_nothing_of_the_tool_and_do_nothing(path: Path) -> None:
    outside = {"codemods", "click", "shutil", "socket", "subprocess", "tempfile"}
    assert not tops(path) & outside
    assert "pathlib.Path" not in imports(path)  # pure paths are but names


def test_the_operators_need_the_standard_library_and_reactivex_only() -> None:
    path = ROOT / "transforms" / "runtime" / "operators.py"
    # Of tenacity they take two exceptions where it is installed, and do without it elsewhere.
    assert tops(path) - {"reactivex", "tenacity"} <= sys.stdlib_module_names | {"__future__"}


@pytest.mark.parametrize("path", sorted((ROOT / "codemods" / "verify").rglob("*.py")), ids=_id)
def test_the_proof_does_not_look_inside_of_what_it_proves(path: Path) -> None:
    inside = ("codemods.apply", "codemods.rewrite", "codemods.runner", "libcst")
    assert not [name for name in imports(path) if name.startswith(inside)]


@pytest.mark.parametrize("path", sorted((ROOT / "codemods" / "report").rglob("*.py")), ids=_id)
def test_reports_only_tell(path: Path) -> None:
    outside = {"shutil", "subprocess", "tempfile", "click"}
    assert not tops(path) & outside
