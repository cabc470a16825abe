from __future__ import annotations

from pathlib import Path

import pytest

from codemods.config import ConfigError, load

FULL = """
[tool.codemods]
paths = ["src", "/abs"]
exclude = ["**/vendor/**"]
operators = "objlib._operators"
adapted = ["RX104"]

[tool.codemods.tiers]
3 = ["src/objlib/services", "src/objlib/search"]
2 = ["src/objlib/extraction"]
1 = ["src/objlib"]
"""


def project(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(text)
    return folder


def test_reads_everything(tmp_path: Path) -> None:
    config = load(project(tmp_path, FULL))
    assert config.home == tmp_path
    assert config.file == tmp_path / "pyproject.toml"
    assert config.paths == (tmp_path / "src", Path("/abs"))
    assert config.exclude == ("**/vendor/**",)
    assert config.operators == "objlib._operators"
    assert config.adapted == ("RX104",)
    assert config.line_length == 88


def test_defaults_without_any_file(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert (config.home, config.file) == (tmp_path, None)
    assert (config.paths, config.exclude, config.operators, config.tiers) == ((), (), None, ())


def test_empty_table_is_a_table(tmp_path: Path) -> None:
    assert load(project(tmp_path, "[tool.codemods]\n")).file == tmp_path / "pyproject.toml"


def test_nearest_file_with_the_table_wins(tmp_path: Path) -> None:
    project(tmp_path, '[tool.codemods]\noperators = "outer"\n')
    project(tmp_path / "a", '[tool.codemods]\noperators = "inner"\n')
    project(tmp_path / "a" / "b", '[project]\nname = "x"\n')
    (tmp_path / "a" / "b" / "c").mkdir()
    config = load(tmp_path / "a" / "b" / "c")
    assert (config.operators, config.home) == ("inner", tmp_path / "a")


def test_home_without_a_table_is_the_nearest_project(tmp_path: Path) -> None:
    project(tmp_path, '[project]\nname = "x"\n')
    (tmp_path / "src").mkdir()
    assert load(tmp_path / "src").home == tmp_path


@pytest.mark.parametrize(
    ("text", "length"),
    [
        pytest.param("[tool.ruff]\nline-length = 100", 100, id="ruff"),
        pytest.param("[tool.black]\nline-length = 79", 79, id="black"),
        pytest.param(
            "[tool.black]\nline-length = 79\n[tool.ruff]\nline-length = 99", 99, id="both"
        ),
        pytest.param("[tool.ruff]\nline-length = '100'", 88, id="wrong-type"),
        pytest.param("[tool.ruff]\nline-length = true", 88, id="boolean"),
        pytest.param("[tool.ruff]\nline-length = 0", 88, id="zero"),
        pytest.param("[tool]\nruff = 3", 88, id="no-table"),
        pytest.param("tool = 3", 88, id="tool-no-table"),
    ],
)
def test_line_length(tmp_path: Path, text: str, length: int) -> None:
    assert load(project(tmp_path, text)).line_length == length


def test_line_length_of_the_nearest_file_that_names_one(tmp_path: Path) -> None:
    project(tmp_path, "[tool.codemods]\n[tool.ruff]\nline-length = 120\n")
    assert load(project(tmp_path / "a", "[tool.black]\nline-length = 100\n")).line_length == 100
    assert load(project(tmp_path / "b", "[project]\n")).line_length == 120


@pytest.mark.parametrize(
    ("path", "tier"),
    [
        pytest.param("src/objlib/services/library.py", 3, id="below-a-folder"),
        pytest.param("src/objlib/search", 3, id="the-folder-itself"),
        pytest.param("src/objlib/extraction/a/b.py", 2, id="deep"),
        pytest.param("src/objlib/upload/state.py", 1, id="shorter-prefix"),
        pytest.param("src/objlib/services_old/a.py", 1, id="not-a-prefix-of-a-name"),
        pytest.param("src/other/a.py", None, id="outside"),
        pytest.param("../elsewhere/a.py", None, id="outside-home"),
    ],
)
def test_tier_of(tmp_path: Path, path: str, tier: int | None) -> None:
    assert load(project(tmp_path, FULL)).tier_of(tmp_path / path) == tier


@pytest.mark.parametrize(
    ("tiers", "path", "tier"),
    [
        pytest.param("1 = ['src/**/api']", "src/a/b/api/x.py", 1, id="glob-folder"),
        pytest.param("1 = ['src/*_client.py']", "src/a_client.py", 1, id="glob-file"),
        pytest.param("1 = ['src/*_client.py']", "src/a/b_client.py", None, id="glob-is-anchored"),
        pytest.param("1 = ['src']\n2 = ['src/a/*.py']", "src/a/x.py", 2, id="longest-glob"),
        pytest.param("1 = ['src/a/b']\n2 = ['src/*']", "src/a/b/x.py", 1, id="longest-prefix"),
        pytest.param("3 = ['.']\n2 = ['a']", "b/x.py", 3, id="everything"),
        pytest.param("3 = ['.']\n2 = ['a']", "a/x.py", 2, id="everything-else"),
        pytest.param("3 = ['./src/']", "src/x.py", 3, id="not-normal"),
        pytest.param("2 = ['src/x.py']", "src/x.py", 2, id="file"),
    ],
)
def test_tier_entries(tmp_path: Path, tiers: str, path: str, tier: int | None) -> None:
    config = load(project(tmp_path, f"[tool.codemods.tiers]\n{tiers}\n"))
    assert config.tier_of(tmp_path / path) == tier


def test_tier_of_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load(project(tmp_path, "[tool.codemods.tiers]\n2 = ['src/a']\n"))
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path / "src")
    assert config.tier_of(Path("a/x.py")) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(
            "[tool.codemods]\noperator = 'x'",
            ["tool.codemods.operator;", "tool.codemods.operators"],
            id="unknown-key",
        ),
        pytest.param(
            "[tool.codemods]\nzzz = 'x'", ["tool.codemods.zzz", "nearest"], id="nothing-like-it"
        ),
        pytest.param(
            "[tool.codemods.tiers]\n4 = []",
            ["tool.codemods.tiers.4", "tool.codemods.tiers."],
            id="unknown-tier",
        ),
        pytest.param(
            "[tool.codemods]\npaths = 'src'",
            ["tool.codemods.paths", "a list of strings", "a string"],
            id="string-for-list",
        ),
        pytest.param(
            "[tool.codemods]\nexclude = ['a', 3]",
            ["tool.codemods.exclude", "3 is an integer"],
            id="integer-in-list",
        ),
        pytest.param(
            "[tool.codemods]\noperators = true",
            ["tool.codemods.operators", "a boolean"],
            id="boolean-for-string",
        ),
        pytest.param(
            "[tool.codemods]\nadapted = 2020-01-01", ["tool.codemods.adapted", "date"], id="date"
        ),
        pytest.param(
            "[tool.codemods]\ntiers = []", ["tool.codemods.tiers", "a table"], id="list-for-table"
        ),
        pytest.param(
            "[tool.codemods.tiers]\n1 = 'src'",
            ["tool.codemods.tiers.1", "a list of strings"],
            id="string-for-tier",
        ),
        pytest.param("[tool]\ncodemods = 3", ["tool.codemods", "a table"], id="no-table"),
        pytest.param(
            "[tool.codemods.tiers]\n1 = ['a']\n2 = ['./a']",
            ["tool.codemods.tiers.2", "tier 1"],
            id="two-tiers",
        ),
        pytest.param("[tool.codemods]\nexclude = ['!']", ["'!'", "pattern"], id="no-pattern"),
        pytest.param("[tool.codemods\n", ["not valid TOML", "line 1"], id="broken"),
        pytest.param("a = 'é\x00'", ["not valid TOML"], id="control-character"),
        pytest.param("a = " + "[" * 5000, ["not valid TOML"], id="nested-too-deeply"),
    ],
)
def test_mistakes_name_key_and_file(tmp_path: Path, text: str, words: list[str]) -> None:
    project(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    for word in [str(tmp_path / "pyproject.toml"), *words]:
        assert word in str(caught.value)


def test_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load(tmp_path)


def test_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path, FULL)

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ConfigError, match="cannot be read: Permission denied"):
        load(tmp_path)
