from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from codemods.discover import MissingPathError, discover, is_generated


def write(root: Path, *names: str, text: str = "x = 1\n") -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def found(root: Path, *paths: str, exclude: Sequence[str] = ()) -> list[str]:
    result = discover([root / path for path in paths or (".",)], exclude, root)
    assert all(path.is_absolute() for path in result.files)
    return [path.relative_to(root).as_posix() for path in result.files]


def skipped(root: Path) -> list[tuple[str, str]]:
    result = discover([root])
    return [(one.path.relative_to(root).as_posix(), one.reason) for one in result.skipped]


def test_python_files_in_sorted_order(tmp_path: Path) -> None:
    write(tmp_path, "b.py", "a/z.py", "a/b/c.py", "c.pyi", "d.txt", "e.PY", "f.py.bak")
    assert found(tmp_path) == ["a/b/c.py", "a/z.py", "b.py"]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(".hidden/a.py", id="hidden"),
        pytest.param(".git/a.py", id="git"),
        pytest.param(".venv/lib/a.py", id="dot-venv"),
        pytest.param("x/node_modules/a.py", id="node-modules"),
        pytest.param("__pycache__/a.py", id="pycache"),
    ],
)
def test_folders_that_are_never_entered(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, "b.py")
    assert found(tmp_path) == ["b.py"]


def test_environments_are_told_by_their_marks(tmp_path: Path) -> None:
    write(tmp_path, "env/pyvenv.cfg", "env/lib/a.py", "venv/a.py", "b.py")
    assert found(tmp_path) == ["b.py", "venv/a.py"]
    assert found(tmp_path, "env") == ["env/lib/a.py"]


def test_a_named_folder_counts_even_if_hidden(tmp_path: Path) -> None:
    write(tmp_path, ".tools/a.py", ".tools/.deep/b.py")
    assert found(tmp_path, ".tools") == [".tools/a.py"]


def test_named_files_always_count(tmp_path: Path) -> None:
    write(tmp_path, ".gitignore", text="*.py\n")
    write(tmp_path, "a.py", "script", ".hidden/b.py", "x_pb2.py")
    names = ["a.py", "script", ".hidden/b.py", "x_pb2.py"]
    assert found(tmp_path, *names, exclude=["*.py"]) == sorted(names)


def test_each_file_once(tmp_path: Path) -> None:
    write(tmp_path, "a/b.py", "a/c/d.py")
    assert found(tmp_path, "a", "a/c", "a/b.py", "a", "a/../a/b.py") == ["a/b.py", "a/c/d.py"]


@pytest.mark.parametrize("kind", ["missing", "below-a-file", "dangling", "pipe", "null-byte"])
def test_a_path_that_is_not_there_is_named(tmp_path: Path, kind: str) -> None:
    write(tmp_path, "a.py")
    path = tmp_path / {"below-a-file": "a.py/b.py", "null-byte": "a\0b"}.get(kind, "there")
    if kind == "dangling":
        path.symlink_to("nowhere")
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(MissingPathError) as caught:
        discover([tmp_path, path])
    assert caught.value.path == path
    assert str(path) in str(caught.value)


def test_pipes_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    assert found(tmp_path) == []


def test_nothing_named_is_nothing_found() -> None:
    assert discover([]).files == ()


# -- ignore rules


def test_gitignore(tmp_path: Path) -> None:
    write(tmp_path, ".gitignore", text="build/\n*_gen.py\n!keep_gen.py\n/top.py\n# c\n\n!\n")
    write(tmp_path, "build/a.py", "a_gen.py", "keep_gen.py", "top.py", "x/top.py", "x/build/b.py")
    assert found(tmp_path) == ["keep_gen.py", "x/top.py"]


def test_nested_gitignore_has_the_last_word(tmp_path: Path) -> None:
    write(tmp_path, ".gitignore", text="*.py\n")
    write(tmp_path, "a/.gitignore", text="!b.py\n/c.py\n")
    write(tmp_path, "a/b.py", "a/c.py", "a/d/b.py", "b.py")
    assert found(tmp_path) == ["a/b.py", "a/d/b.py"]


def test_rules_of_the_repository_above(tmp_path: Path) -> None:
    write(tmp_path, "outside/.gitignore", text="kept.py\n")
    repository = tmp_path / "outside" / "repo"
    write(repository, ".git/info/exclude", text="secret.py\n")
    write(repository, ".gitignore", text="/src/gone/\n")
    write(repository, "src/.gitignore", text="not_here.py\n")
    write(repository, "src/a/kept.py", "src/a/secret.py", "src/a/not_here.py", "src/gone/a.py")
    assert found(repository, "src/a") == ["src/a/kept.py"]
    assert found(repository, "src") == ["src/a/kept.py"]


def test_without_a_repository_the_folders_above_have_no_say(tmp_path: Path) -> None:
    write(tmp_path, ".gitignore", text="*.py\n")
    write(tmp_path, "a/b.py")
    assert found(tmp_path, "a") == ["a/b.py"]


def test_exclude_file_of_a_worktree(tmp_path: Path) -> None:
    write(tmp_path, "main/.git/info/exclude", text="secret.py\n")
    write(tmp_path, "main/.git/worktrees/w/commondir", text="../..\n")
    write(tmp_path, "w/.git", text=f"gitdir: {tmp_path}/main/.git/worktrees/w\n")
    write(tmp_path, "w/secret.py", "w/a.py")
    assert found(tmp_path, "w") == ["w/a.py"]


@pytest.mark.parametrize(
    ("exclude", "left"),
    [
        pytest.param(["**/vendor/**"], ["a.py", "src/b.py"], id="anywhere"),
        pytest.param(["vendor"], ["a.py", "src/b.py"], id="name"),
        pytest.param(["/vendor/"], ["a.py", "src/b.py", "src/vendor/d.py"], id="anchored"),
        pytest.param(["src/*.py"], ["a.py", "src/vendor/d.py", "vendor/c.py"], id="files"),
        pytest.param(["*.py", "!a.py"], ["a.py"], id="negated"),
        pytest.param(["../a.py"], ["a.py", "src/b.py", "src/vendor/d.py", "vendor/c.py"], id="up"),
    ],
)
def test_exclude(tmp_path: Path, exclude: list[str], left: list[str]) -> None:
    write(tmp_path, "a.py", "src/b.py", "src/vendor/d.py", "vendor/c.py")
    assert found(tmp_path, exclude=exclude) == left
    assert found(tmp_path, "src", exclude=exclude) == [one for one in left if "src/" in one]


def test_exclude_has_no_say_outside_home(tmp_path: Path) -> None:
    write(tmp_path, "home/a.py", "other/a.py")
    files = discover([tmp_path], ["a.py"], tmp_path / "home").files
    assert files == (tmp_path / "other" / "a.py",)


# -- generated files


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("a_pb2.py", id="protobuf"),
        pytest.param("a_pb2_grpc.py", id="grpc"),
    ],
)
def test_generated_files_are_reported(tmp_path: Path, name: str) -> None:
    write(tmp_path, name)
    assert found(tmp_path) == []
    assert skipped(tmp_path) == [(name, "generated")]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import a\n# DO NOT EDIT the list below\n", id="below-code"),
        pytest.param("#" + "x" * 2000 + "\n# @generated\n", id="far-down"),
        pytest.param("# do not edit\n", id="lower-case"),
        pytest.param("", id="empty"),
    ],
)
def test_hand_written_files_are_not(text: str) -> None:
    assert not is_generated(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("#!/usr/bin/python\n# @generated by x\n", id="mark"),
        pytest.param("# Code generated by x. DO NOT EDIT.\nimport a\n", id="do-not-edit"),
        pytest.param('"""@generated"""\nimport a\n', id="docstring"),
    ],
)
def test_generated_files_say_so(text: str) -> None:
    assert is_generated(text.encode())


# -- links


def test_links_that_leave_are_reported_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "outside/a.py", "outside/b/c.py")
    root = tmp_path / "root"
    write(root, "own.py")
    (root / "file.py").symlink_to(tmp_path / "outside" / "a.py")
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "notes.txt").symlink_to(tmp_path / "outside" / "a.py")
    assert found(root) == ["own.py"]
    assert skipped(root) == [("file.py", "link-outside"), ("folder", "link-outside")]


def test_what_is_no_file_is_reported_not_read(tmp_path: Path) -> None:
    write(tmp_path, "a.py")
    os.mkfifo(tmp_path / "pipe.py")
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "link.py").symlink_to("pipe.py")
    (tmp_path / "broken.py").symlink_to("nowhere")
    (tmp_path / "broken.txt").symlink_to("nowhere")
    (tmp_path / ".gitignore").symlink_to("pipe.txt")
    assert found(tmp_path) == ["a.py"]
    assert skipped(tmp_path) == [
        ("broken.py", "broken-link"),
        ("link.py", "not-a-file"),
        ("pipe.py", "not-a-file"),
    ]


def test_ignored_links_are_not_worth_a_word(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root, ".gitignore", text="result\n")
    (root / "result").symlink_to(tmp_path)
    (root / ".cache").symlink_to(tmp_path)
    assert skipped(root) == []


def test_a_file_goes_by_its_own_name(tmp_path: Path) -> None:
    write(tmp_path, "z/real.py")
    (tmp_path / "a.py").symlink_to("z/real.py")
    (tmp_path / "b").symlink_to("z")
    assert found(tmp_path) == ["z/real.py"]


def test_links_that_stay_are_followed(tmp_path: Path) -> None:
    write(tmp_path, ".gitignore", text="store/\n")
    write(tmp_path, "store/a.py", "store/sub/b.py")
    (tmp_path / "live").symlink_to("store/sub")
    (tmp_path / "one.py").symlink_to("store/a.py")
    assert found(tmp_path) == ["live/b.py", "one.py"]


def test_links_do_not_lead_into_environments(tmp_path: Path) -> None:
    write(tmp_path, ".venv/lib/pkg/a.py")
    (tmp_path / "pkg").symlink_to(".venv/lib/pkg")
    (tmp_path / "a.py").symlink_to(".venv/lib/pkg/a.py")
    assert found(tmp_path) == []


def test_circles_come_to_an_end(tmp_path: Path) -> None:
    write(tmp_path, "a/b/c.py")
    (tmp_path / "a" / "b" / "up").symlink_to("../..")
    (tmp_path / "a" / "self").symlink_to(".")
    (tmp_path / "x").symlink_to("y")
    (tmp_path / "y").symlink_to("x")
    (tmp_path / "dangling.py").symlink_to("nowhere.py")
    assert found(tmp_path) == ["a/b/c.py"]


def test_a_named_link_is_a_root(tmp_path: Path) -> None:
    write(tmp_path, "real/a.py", "real/sub/b.py")
    (tmp_path / "link").symlink_to("real")
    assert found(tmp_path, "link") == ["link/a.py", "link/sub/b.py"]
    assert found(tmp_path, "link", "real") == ["link/a.py", "link/sub/b.py"]


def test_links_between_two_roots(tmp_path: Path) -> None:
    write(tmp_path, "one/a.py", "two/b.py")
    (tmp_path / "one" / "two").symlink_to("../two")
    assert found(tmp_path, "one", "two") == ["one/a.py", "two/b.py"]


def test_a_folder_that_cannot_be_read_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a.py", "shut/b.py")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("shut"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert found(tmp_path) == ["a.py"]
    assert skipped(tmp_path) == [("shut", "unreadable")]
