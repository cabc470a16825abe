"""What the engine promises of every rule: names, results that compile, a second run."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest

from codemods.errors import SourceError
from codemods.rewrite import Draft, FileResult, Settings, TakenBack, rewrite
from transforms import RULES
from transforms.syntax.lazy import BodyText

GOLDEN = Path(__file__).parents[2] / "golden"
_IMPORTED = """\
import asyncio
import reactivex as rx
from reactivex import operators as ops
from _operators import last_value_from, poll
"""


def _rewrite(text: str, taken_back: frozenset[TakenBack] = frozenset()) -> FileResult:
    settings = Settings(
        rules=RULES, operators_module="_operators", line_length=100, taken_back=taken_back
    )
    return rewrite(text, "module.py", settings)


def _outcomes(text: str) -> list[tuple[str, str | None]]:
    return [(site.outcome, site.reason) for site in _rewrite(text).sites]


@pytest.mark.parametrize(
    "head",
    [
        "async def wait(job, rx):",
        "async def wait(job, *, poll=True):",
        "async def wait(job):\n    ops = job.ops",
        "async def wait(job):\n    from elsewhere import poll",
        "async def wait(job):\n    def poll(): ...",
        "async def wait(job, last_value_from=3):",
    ],
)
@pytest.mark.parametrize("imports", ["import asyncio\n", _IMPORTED], ids=["new", "imported"])
def test_a_name_that_is_hidden_is_not_used(imports: str, head: str) -> None:
    text = f"{imports}\n{head}\n    while not await job.done():\n        await asyncio.sleep(1)\n"
    assert _outcomes(text) == [("refused", "name-conflict")]


@pytest.mark.parametrize(
    "line",
    [
        "poll = 3",
        "def poll(): ...",
        "from elsewhere import poll",
        "if job:\n    from elsewhere import poll",
    ],
)
def test_a_name_that_the_module_binds_anew_is_not_used(line: str) -> None:
    loop = "async def wait(job):\n    while not await job.done():\n        await asyncio.sleep(1)\n"
    assert _outcomes(f"{_IMPORTED}{line}\n{loop}") == [("refused", "name-conflict")]


def test_names_that_mean_what_they_should_may_be_used_elsewhere() -> None:
    text = """\
ONE = rx.of(1)

class Job:
    async def poll(self):
        await last_value_from(rx.timer(1))
        while not await self.done():
            await asyncio.sleep(1)
"""
    assert _outcomes(_IMPORTED + text) == [("pipeline", None)]


_LOOP = "async def wait(job):\n    while not await job.done():\n        await asyncio.sleep(1)\n"


@pytest.mark.parametrize(
    "other",
    [
        "from helpers import *\n",
        "from . import *\n",
        "from select import *\n",
        "def connect():\n    global poll, api\n    poll = 3\n",
        "def show():\n    return poll\n",
        "class Show:\n    def show(self):\n        return lambda: poll()\n",
    ],
)
def test_a_name_that_others_bind_in_the_module_is_not_used(other: str) -> None:
    assert _outcomes(f"import asyncio\n{other}\n{_LOOP}") == [("refused", "name-conflict")]


def test_a_star_import_of_the_standard_library_does_not_matter() -> None:
    assert _outcomes(f"import asyncio\nfrom math import *\n{_LOOP}") == [("pipeline", None)]


def test_what_stands_inside_another_site_is_made_after_it() -> None:
    text = (
        "import asyncio\n\n\nasync def wait():\n"
        "    await asyncio.sleep(1)\n"
        "    await asyncio.sleep(await asyncio.sleep(2, result=3))\n"
    )
    result = _rewrite(text)
    assert [site.outcome for site in result.sites] == ["pipeline"] * 3
    assert [site.primitive.line for site in result.sites] == [5, 6, 6]
    assert "asyncio" not in result.after
    assert result.operators == {"last_value_from"}
    assert _rewrite(result.after).after == result.after


@pytest.mark.parametrize(
    ("head", "start"),
    [
        ("import asyncio\n\nimport httpx\n", "import httpx\nimport reactivex as rx\n"),
        ("#!/bin/python\n\nimport asyncio\n\nimport httpx\n", "#!/bin/python\n\nimport httpx\n"),
        ("# all\nimport asyncio\n\nimport httpx\n", "# all\n\nimport httpx\n"),
    ],
)
def test_no_gap_stays_above_the_first_import(head: str, start: str) -> None:
    result = _rewrite(f"{head}\n\nasync def wait():\n    await asyncio.sleep(1)\n")
    assert result.after.startswith(start)


def test_no_gap_stays_above_the_first_line_of_a_function() -> None:
    text = "async def wait():\n    import asyncio\n\n    await asyncio.sleep(1)\n"
    assert "async def wait():\n    await last_value_from(" in _rewrite(text).after


def test_a_result_that_does_not_compile_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Draft(("x = 1\n",), ("def f():\n    x = 1\n    nonlocal x",))
    monkeypatch.setattr("codemods.rewrite._apply", lambda *_: broken)
    assert _outcomes(f"import asyncio\n{_LOOP}") == [("refused", "result-unreadable")]


def test_imports_that_are_meant_for_others_stay() -> None:
    imports = "import asyncio as asyncio\nfrom asyncio import gather, sleep as sleep\n"
    result = _rewrite(f"{imports}\n\nasync def wait():\n    await sleep(1)\n")
    assert imports in result.after


@pytest.mark.parametrize(
    "use",
    [
        pytest.param('"""\n>>> asyncio.run(wait())\n"""', id="example"),
        pytest.param(
            'def run():\n    r"""\n    >>> for _ in job:\n    ...     asyncio.run(wait())\n    """',
            id="example of a function",
        ),
        pytest.param('__all__: list[str] = ["asyncio"]', id="typed __all__"),
        pytest.param('__all__ = []\n__all__.append("asyncio")', id="__all__ appended to"),
        pytest.param('__all__ = []\n__all__.extend(["asyncio"])', id="__all__ extended"),
        pytest.param('Waiting = Optional["asyncio.Task"]', id="type in brackets"),
        pytest.param('Waiting = list["asyncio.Task"]', id="type in a list's brackets"),
        pytest.param('Waiting: TypeAlias = "asyncio.Task"', id="alias of a type"),
        pytest.param('P = TypedDict("P", {"t": "asyncio.Task"})', id="typed dict"),
        pytest.param('LOOP = eval("asyncio.new_event_loop()")', id="evaluated"),
    ],
)
def test_an_import_that_is_used_in_a_text_stays(use: str) -> None:
    text = f"{use}\n\nimport asyncio\n\n\nasync def wait():\n    await asyncio.sleep(1)\n"
    after = _rewrite(text).after
    assert "rx.timer(1)" in after
    assert "import asyncio\n" in after


@pytest.mark.parametrize(
    "use",
    [
        'LOG = get_logger("asyncio")',
        'MODE = MODES["asyncio"]',
        'def run():\n    """How asyncio waits.\n\n    >>> wait(3)\n    asyncio\n    """',
        'def run():\n    """\n    >>> import asyncio\n    >>> asyncio.run(wait())\n    """',
    ],
)
def test_an_import_that_is_only_mentioned_in_a_text_goes(use: str) -> None:
    text = f"import asyncio\n\n{use}\n\n\nasync def wait():\n    await asyncio.sleep(1)\n"
    after = _rewrite(text).after
    assert not after.startswith("import asyncio")


@pytest.mark.parametrize(
    "comment", ["# type: ignore", "# noqa: F401", "# pylint: disable=all", "# isort:skip"]
)
def test_a_comment_that_is_for_tools_does_not_lose_its_line(comment: str) -> None:
    line = f"import asyncio  {comment}\n"
    text = f"{line}import os\n\n\nasync def wait():\n    await asyncio.sleep(os.delay)\n"
    after = _rewrite(text).after
    assert "rx.timer" in after
    assert line in after


def test_an_import_of_the_name_of_a_variable_that_goes_stays() -> None:
    imports = "import asyncio\n\nfrom app import job\n"
    body = "async def main(jobs, run):\n    await asyncio.gather(*[run(job) for job in jobs])\n"
    after = _rewrite(f"{imports}\n\n{body}").after
    assert "flat_map(run)" in after
    assert "from app import job\n" in after


def test_what_a_class_imports_stays() -> None:
    body = (
        "class A:\n    import asyncio\n\n    async def f(self):\n        await asyncio.sleep(1)\n"
    )
    body += (
        "        await self.asyncio.sleep(2)\n\n    async def g(self):\n        import asyncio\n\n"
    )
    text = f"import asyncio\n\n\n{body}        await asyncio.sleep(1)\n"
    after = _rewrite(text).after
    assert after.count("import asyncio\n") == 1
    assert not after.startswith("import asyncio")
    assert "class A:\n    import asyncio\n" in after


_WAITING = "\n\nasync def wait():\n    await asyncio.sleep(os.delay)\n"


@pytest.mark.parametrize(
    ("head", "above"),
    [
        (
            "import sys\nsys.path.insert(0, 'lib')\nimport asyncio\nimport os\n",
            "sys.path.insert(0, 'lib')\nimport os\n",
        ),
        ("import asyncio, os, sys\n\nsys.path.append('lib')\n", "sys.path.append('lib')\n"),
        ("import asyncio, os, sys\n\nsys.path += ['lib']\n", "sys.path += ['lib']\n"),
        (
            "import gevent.monkey; gevent.monkey.patch_all()\nimport asyncio\n",
            "gevent.monkey.patch_all()\n",
        ),
        ("import asyncio\nimport conf\nconf.load()\nimport os\n", "conf.load()\nimport os\n"),
        ("import asyncio\nimport os\n\nLOG = os.log()\n", "import os\n"),
        ("import asyncio\ntry:\n    import os\nexcept ImportError:\n    os = None\n", ""),
    ],
    ids=["path", "path only", "path added to", "patched", "set up", "not followed", "tried"],
)
def test_imports_wait_for_what_is_called_above_other_imports(head: str, above: str) -> None:
    after = _rewrite(head + _WAITING).after
    before, _, _ = after.partition("import reactivex as rx\n")
    assert before.rstrip("\n").endswith(above.rstrip("\n"))
    assert ("import" in before) is (above != "")


def test_imports_stand_above_what_uses_them() -> None:
    head = "import asyncio\n\nSTOP = asyncio.Event()\nSTOP.clear()\nimport os\n"
    after = _rewrite(head + _WAITING).after
    assert after.index("import EventSubject") < after.index("STOP = EventSubject()")
    assert after.index("import os\n") < after.index("import reactivex as rx\n")


def test_imported_names_keep_their_lines() -> None:
    imports = "from asyncio import (\n    Queue, Lock, sleep,\n    sleep as nap, Task,\n)\n"
    uses = "\n\nasync def wait(q: Queue, k: Lock, t: Task):\n    await sleep(1)\n    await nap(2)\n"
    result = _rewrite(imports + uses)
    assert result.after.startswith("from asyncio import (\n    Queue, Lock,\n    Task,\n)\n")


# --- sites that are taken back --------------------------------------------------------------

_NESTED = (
    "import asyncio\n\n\nasync def wait():\n"
    "    await asyncio.sleep(1)\n"
    "    await asyncio.sleep(await asyncio.sleep(2, result=3))\n"
)


@pytest.mark.parametrize(
    ("place", "left", "outcomes"),
    [
        ((5, 10), "await asyncio.sleep(1)", ["refused", "pipeline", "pipeline"]),
        ((6, 10), "await asyncio.sleep(await", ["pipeline", "refused", "pipeline"]),
        ((6, 30), "await asyncio.sleep(2, result=3)", ["pipeline", "pipeline", "refused"]),
    ],
    ids=["alone", "the outer one", "the inner one"],
)
def test_what_is_taken_back_stays_and_the_rest_is_made(
    place: tuple[int, int], left: str, outcomes: list[str]
) -> None:
    back = TakenBack("module.py", *place, "test_one failed")
    result = _rewrite(_NESTED, frozenset({back}))
    assert [site.outcome for site in result.sites] == outcomes
    refused = next(site for site in result.sites if site.outcome == "refused")
    assert (refused.reason, refused.detail) == ("failed-verification", "test_one failed")
    assert left in result.after
    assert result.after.count("asyncio.sleep") == 1


def test_what_another_file_takes_back_is_made() -> None:
    back = TakenBack("other.py", 5, 10)
    assert _rewrite(_NESTED, frozenset({back})) == _rewrite(_NESTED)


def test_any_primitive_of_a_site_takes_all_of_it_back() -> None:
    text = (GOLDEN / "semaphore_gather" / "closure_over_list" / "before.py").read_text()
    made = [site for site in _rewrite(text).sites if site.code == "RX201"]
    assert len(made) > 1
    assert len({site.lead for site in made}) == 1
    last = made[-1].primitive
    result = _rewrite(text, frozenset({TakenBack("module.py", last.line, last.column)}))
    assert {site.reason for site in result.sites if site.code == "RX201"} == {"failed-verification"}


def test_what_needs_a_site_that_is_taken_back_stays_too() -> None:
    text = (GOLDEN / "checkpoint" / "guard_and_two_writes" / "before.py").read_text()
    wave = next(site for site in _rewrite(text).sites if site.code == "RX205").primitive
    result = _rewrite(text, frozenset({TakenBack("module.py", wave.line, wave.column)}))
    chain = [site for site in result.sites if site.code in ("RX205", "RX206")]
    assert {(site.code, site.reason) for site in chain} == {
        ("RX205", "failed-verification"),
        ("RX206", "companion-refused"),
    }
    assert "concat_map" not in result.after


def test_a_body_that_libcst_cannot_parse_is_an_error_with_its_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "import asyncio\n\n\nasync def f():\n    a()\n    b()\n    await asyncio.sleep(1)\n"
    late = cst.ParserSyntaxError("no such syntax", lines=["x"], raw_line=7, raw_column=0)

    def fail(text: object) -> None:
        raise late

    monkeypatch.setattr(BodyText, "parse", fail)
    with pytest.raises(SourceError, match="no such syntax"):
        rewrite(text, "a.py", Settings(rules=RULES, operators_module="_operators"))
