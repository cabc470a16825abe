"""`verify` and `apply --verify` on a small project: what is found, and what is left alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from codemods import apply
from codemods.cli import main
from codemods.verify import processes, trials

ORDERS = '''\
"""Orders of a small shop."""

import asyncio


async def prices(catalogue, names):
    semaphore = asyncio.Semaphore(2)

    async def price(name):
        async with semaphore:
            return await catalogue.price(name)

    return await asyncio.gather(*[price(name) for name in names])


async def ready(order):
    while True:
        if await order.state() == "ready":
            return order
        await asyncio.sleep(0.001)


async def cool_down():
    await asyncio.sleep(0.001)
    return "cool"
'''
TESTS = """\
import asyncio

from shop import orders


class Catalogue:
    async def price(self, name):
        return len(name)


class Order:
    def __init__(self):
        self.states = ["new", "packed", "ready"]

    async def state(self):
        return self.states.pop(0)


def test_prices():
    assert asyncio.run(orders.prices(Catalogue(), ["a", "bbbb", "cc"])) == [1, 4, 2]


def test_ready():
    assert asyncio.run(orders.ready(Order())).states == []


def test_cool_down():
    assert asyncio.run(orders.cool_down()) == "cool"
"""
# Two ways in which an operator could be wrong.
BACKWARDS = b"""
_right = flat_map


def flat_map(*args, **kwargs):
    def backwards(source):
        found = _right(*args, **kwargs)(source)
        return found.pipe(ops.to_list(), ops.flat_map(lambda values: rx.of(*values[::-1])))

    return backwards


import reactivex as rx
from reactivex import operators as ops
"""
NEVER_ENDING = b"""
def flat_map(*args, **kwargs):
    import signal

    while True:
        signal.pause()
"""
PYTEST = (sys.executable, "-m", "pytest", "-q")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project, committed to a repository; the working directory is in it."""
    root = tmp_path / "project"
    for name, text in {
        "shop/__init__.py": "",
        "shop/orders.py": ORDERS,
        "tests/test_orders.py": TESTS,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    own = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org")
    for words in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "x")):
        subprocess.run([*own, *words], cwd=root, check=True)
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    monkeypatch.chdir(root)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they take longer than the tests
    return root


@pytest.fixture
def break_operators(monkeypatch: pytest.MonkeyPatch) -> Any:
    def append(code: bytes) -> None:
        whole = apply.module_bytes() + code
        monkeypatch.setattr(apply, "module_bytes", lambda: whole)

    return append


def run(*words: str, status: int = 0) -> Result:
    result = CliRunner().invoke(main, words, prog_name="codemods")
    assert result.exit_code == status, result.output
    assert "Traceback (most" not in result.output
    return result


def report(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def state(folder: Path) -> dict[str, tuple[bytes, float]]:
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime)
        for path in folder.rglob("*")
        if path.is_file()
    }


def outcomes(result: Result) -> dict[str, tuple[str, str | None]]:
    return {
        site["function"]: (site["outcome"], site["reason"])
        for file in report(result)["files"]
        for site in file["sites"]
    }


# --- verify ---------------------------------------------------------------------------------


def test_a_good_migration(shop: Path) -> None:
    before = state(shop)
    result = run("verify", "shop", "--format", "json", "--", *PYTEST)
    found = report(result)
    assert found["outcome"] == "same"
    assert (found["before"]["passed"], found["after"]["passed"]) == (3, 3)
    assert found["rewritten"] == ["shop/_operators.py", "shop/orders.py"]
    assert found["never_imported"] == []
    # Neither the tree, nor the repository in it, nor the scratch folder holds a trace.
    assert state(shop) == before
    assert list((shop.parent / "tmp").iterdir()) == []


def test_uncommitted_work_counts_as_it_is(shop: Path) -> None:
    (shop / "tests" / "test_more.py").write_text("def test_more(): assert False\n")
    result = run("verify", "shop", "--", *PYTEST)
    assert "failing before as well (1)\n  tests.test_more::test_more" in result.stdout
    assert "same: 4 tests" in result.stdout


def test_a_broken_operator(shop: Path, break_operators: Any) -> None:
    break_operators(BACKWARDS)
    result = run("verify", "shop", "--", *PYTEST, status=1)
    assert "newly failing (1)\n  tests.test_orders::test_prices\n    assert [2, 4, 1]" in (
        result.stdout
    )
    assert "different: 1 newly failing, exit status 0 -> 1" in result.stdout


def test_a_command_that_hangs(
    shop: Path, break_operators: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_operators(NEVER_ENDING)
    monkeypatch.setattr(trials, "_PATIENCE", (1.0, 2.0))
    monkeypatch.setattr(processes, "GRACE", 2.0)
    result = run("verify", "shop", "--", *PYTEST, status=1)
    assert "the command did not end on the rewritten copy, in tests.test_orders::test_prices" in (
        result.stdout
    )
    assert "exit status 0 -> did not end" in result.stdout
    assert list((shop.parent / "tmp").iterdir()) == []


def test_a_command_that_hangs_on_the_original(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "GRACE", 0.1)
    words = ("sh", "-c", "echo waiting; sleep 100")
    result = run("verify", "shop", "--timeout", "0.3", "--", *words, status=2)
    assert "did not end within" in result.output
    assert "waiting" in result.output


def test_a_flaky_test_does_not_count(shop: Path) -> None:
    (shop / "tests" / "test_more.py").write_text(
        "import pathlib\n"
        f"COUNT = pathlib.Path({str(shop.parent / 'count')!r})\n"
        "def test_flaky():\n"
        "    count = COUNT.read_text() if COUNT.exists() else ''\n"
        "    COUNT.write_text(count + '.')\n"
        "    assert len(count) % 2 == 0\n"  # fails in the first run on the rewritten copy
    )
    found = report(run("verify", "shop", "--format", "json", "--", *PYTEST))
    assert found["flaky"] == ["tests.test_more::test_flaky"]
    assert (found["after"]["failed"], found["runs"]) == (1, 2)


def test_any_other_command_by_its_output(shop: Path, break_operators: Any) -> None:
    program = (
        "import asyncio, sys; sys.path.insert(0, 'tests')\n"
        "import test_orders as t, shop.orders as o\n"
        "print(asyncio.run(o.prices(t.Catalogue(), ['a', 'bb'])))\n"
    )
    words = (sys.executable, "-c", program)
    assert "same: exit status and output" in run("verify", "shop", "--", *words).stdout
    break_operators(BACKWARDS)
    result = run("verify", "shop", "--", *words, status=1)
    assert "  -[1, 2]\n  +[2, 1]\n" in result.stdout


def test_what_the_command_writes_has_no_power_over_the_terminal(shop: Path) -> None:
    words = ("sh", "-c", "printf 'red: \\033[31m'; exit 3")
    assert "red: \\x1b[31m" in run("verify", "shop", "--", *words, status=2).output


def test_what_an_installed_package_points_to_is_not_what_is_tested(
    shop: Path, monkeypatch: pytest.MonkeyPatch, break_operators: Any
) -> None:
    """An editable install leads to the user's tree: the copy has to come before it."""
    site = shop.parent / "site"
    site.mkdir()
    # As an import hook that comes first: PYTHONPATH cannot help, so it has to be refused.
    (site / "sitecustomize.py").write_text(
        "import sys\n"
        "from importlib.machinery import PathFinder\n"
        "class Editable:\n"
        "    @staticmethod\n"
        "    def find_spec(name, path=None, target=None):\n"
        f"        if name == 'shop': return PathFinder.find_spec(name, [{str(shop)!r}])\n"
        "sys.meta_path.insert(0, Editable)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(site))
    result = run("verify", "shop", "--", *PYTEST, status=2)
    assert f"imports shop/__init__.py from {shop}" in result.output or (
        f"imports shop/orders.py from {shop}" in result.output
    )
    # As an entry of the path: the copy comes first, and what is broken in it is found.
    (site / "sitecustomize.py").write_text(f"import sys; sys.path.append({str(shop)!r})\n")
    break_operators(BACKWARDS)
    assert "1 newly failing" in run("verify", "shop", "--", *PYTEST, status=1).stdout


def test_an_installed_namespace_package(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shop / "shop" / "__init__.py").unlink()
    (shop / "src").mkdir()
    (shop / "shop").rename(shop / "src" / "shop")
    site = shop.parent / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(f"import sys; sys.path.append({str(shop / 'src')!r})\n")
    monkeypatch.setenv("PYTHONPATH", str(site))
    result = run("verify", "src", "--operators", "shop._operators", "--", *PYTEST)
    assert "same: 3 tests" in result.stdout


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("true",), "imports none of the rewritten files"),
        ((*PYTEST, "-k", "nothing_of_the_kind"), "no test was run on the original"),
        ((*PYTEST, "--no-such-option"), "unrecognized arguments: --no-such-option"),
        ((*PYTEST, "broken"), "no test was run on the original (exit status 2)"),
        (("no-such-program-here",), "command not found"),
    ],
)
def test_what_proves_nothing_is_no_success(shop: Path, words: tuple[str, ...], why: str) -> None:
    (shop / "broken").mkdir()
    (shop / "broken" / "test_broken.py").write_text("import shop.orders, no_such_module\n")
    assert why in run("verify", "shop", "--", *words, status=2).output


def test_an_exit_status_that_no_test_explains_is_told_with_the_end_of_the_output(
    shop: Path,
) -> None:
    (shop / "conftest.py").write_text(
        "import pathlib\n"
        "def pytest_sessionfinish(session):\n"
        "    if pathlib.Path('shop/_operators.py').exists(): session.exitstatus = 5\n"
        "def pytest_unconfigure(config): print('coverage is too low')\n"
    )
    result = run("verify", "shop", "--", *PYTEST, status=1)
    assert "different: exit status 0 -> 5" in result.stdout
    assert "  coverage is too low\n" in result.stdout


def test_files_that_no_test_imports_are_named(shop: Path) -> None:
    (shop / "shop" / "idle.py").write_text(ORDERS)
    result = run("verify", "shop", "--", *PYTEST)
    assert "never imported, so not verified: shop/idle.py" in result.stdout


def test_a_command_is_needed(shop: Path) -> None:
    for words in (("verify",), ("verify", "shop"), ("verify", "shop", "--")):
        assert "name the command behind `--`" in run(*words, status=2).output


def test_nothing_to_rewrite(shop: Path) -> None:
    result = run("verify", "--select", "RX203", "--", *PYTEST)
    assert "nothing to rewrite" in result.stdout


def test_files_that_cannot_be_processed(shop: Path) -> None:
    (shop / "shop" / "broken.py").write_text(
        "import asyncio\nasync def f(:\n    asyncio.sleep(1)\n"
    )
    result = run("verify", "shop", "--", *PYTEST, status=3)
    assert "same: 3 tests" in result.stdout
    assert "shop/broken.py:2: syntax-error" in result.output


def test_a_rewrite_without_reactivex_is_told_plainly(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shop / "reactivex.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'reactivex'\")\n"
    )
    assert "has no reactivex" in run("verify", "shop", "--", *PYTEST, status=2).output


def test_an_interrupt_leaves_nothing(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*words: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("codemods.verify.suites.run", interrupted)
    before = state(shop)
    result = run("verify", "shop", "--", *PYTEST, status=130)
    assert "Interrupted: no file was changed." in result.output
    assert state(shop) == before
    assert list((shop.parent / "tmp").iterdir()) == []


# --- apply --verify -------------------------------------------------------------------------


def test_apply_takes_back_the_one_site_that_fails(shop: Path, break_operators: Any) -> None:
    break_operators(BACKWARDS)
    command = " ".join(PYTEST)
    result = run("apply", "shop", "--verify", command, "--format", "json", status=1)
    assert outcomes(result) == {
        "prices": ("refused", "failed-verification"),
        "ready": ("pipeline", None),
        "cool_down": ("pipeline", None),
    }
    details = {
        site["detail"]
        for file in report(result)["files"]
        for site in file["sites"]
        if site["outcome"] == "refused"
    }
    assert details == {"tests.test_orders::test_prices (newly failing)"}
    assert "1 site taken back" in result.stderr
    text = (shop / "shop" / "orders.py").read_text()
    assert text.count("asyncio.") == 2  # the semaphore and its gather
    assert (shop / "shop" / "_operators.py").exists()
    assert {path.name for path in shop.iterdir()} == {".git", "shop", "tests"}


def test_apply_writes_what_passes(shop: Path) -> None:
    command = " ".join(PYTEST)
    result = run("apply", "shop", "--verify", command)
    assert f"verified by `{command}`: 3 tests are as before" in result.stderr
    assert "asyncio" not in (shop / "shop" / "orders.py").read_text()


def test_apply_with_a_dry_run_verifies_and_writes_nothing(shop: Path) -> None:
    before = state(shop)
    result = run("apply", "shop", "--dry-run", "--verify", " ".join(PYTEST))
    assert "+from shop._operators import" in result.stdout
    assert state(shop) == before


def test_apply_writes_nothing_where_nothing_is_proved(shop: Path) -> None:
    before = state(shop)
    for command in ("true", "no-such-program-here", "'"):
        run("apply", "shop", "--verify", command, status=2)
    assert state(shop) == before


def test_apply_leaves_uncommitted_files_alone(shop: Path) -> None:
    (shop / "shop" / "orders.py").write_text(ORDERS + "\n# mine\n")
    before = state(shop)
    result = run("apply", "shop", "--verify", " ".join(PYTEST), status=3)
    assert "uncommitted-changes" in result.output
    assert state(shop) == before
