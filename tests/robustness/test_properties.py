"""Whatever the file: no crash, no change without a site, and a second run changes nothing.

`CODEMODS_EXAMPLES=5000` makes it a longer search.
"""

from __future__ import annotations

import ast
import io
import os
import textwrap
import tokenize
import warnings
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codemods.encoding import decode
from codemods.inventory import inventory
from codemods.results import FileError, FileReport
from codemods.rewrite import Settings
from codemods.runner import Task, list_file, rewrite_file
from transforms import RULES

RULES_SETTINGS = Settings(rules=RULES, operators_module="")
TASK = Task("a.py", "a.py", "_operators", None, named=True)
MADE = {"pipeline", "drop-in"}

examples = settings(
    max_examples=int(os.environ.get("CODEMODS_EXAMPLES", "60")),
    deadline=None,
    derandomize="CODEMODS_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)


# --- programs made at random ---------------------------------------------------------

GOLDEN = Path(__file__).parents[2] / "golden"
SOURCES = sorted(
    path.read_bytes() for path in GOLDEN.glob("*/*/before.py") if path.stat().st_size < 6000
)

IMPORTS = [
    "import asyncio",
    "import asyncio as aio",
    "from asyncio import sleep, gather, Semaphore",
    "from asyncio import sleep as nap",
    "import asyncio, time",
    "from asyncio import *",
    "import tenacity",
    "from aiolimiter import AsyncLimiter",
    "try:\n    import asyncio\nexcept ImportError:\n    asyncio = None",
]
NAMES = st.sampled_from(
    ["items", "limit", "self.x", "item", "ops", "rx", "sleep", "asyncio", "\u00e9t\u00e9"]
)
CALLS = [
    "asyncio.sleep({e})",
    "aio.sleep({e})",
    "sleep({e})",
    "asyncio.gather(*[one(i) for i in {n}])",
    "asyncio.gather(*(one(i) for i in {n}), return_exceptions=True)",
    "asyncio.gather({e}, {e})",
    "gather(*{n})",
    "asyncio.wait_for({e}, timeout={e})",
    "asyncio.to_thread(f, {e})",
    "loop.run_in_executor(None, f, {e})",
    "asyncio.Semaphore({e})",
    "asyncio.Event()",
    "AsyncLimiter({e}, 60)",
    "one({n})",
]


def _calls(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda call, e, n: call.format(e=e, n=n), st.sampled_from(CALLS), inner, NAMES)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    shapes = [
        "({} + {})",
        "[{}, {}]",
        "({} if {} else 0)",
        "f({}, k={})",
        "({} or {})",
        "{{{}: {}}}",
    ]
    return st.one_of(
        _calls(inner),
        st.builds(lambda shape, a, b: shape.format(a, b), st.sampled_from(shapes), inner, inner),
        inner.map(lambda e: f"(await {e})"),
        inner.map(lambda e: f"(lambda: {e})"),
        inner.map(lambda e: f"(\n    {e}  # why\n)"),
    )


EXPRESSIONS = st.recursive(
    st.one_of(st.sampled_from(["0", "1", "0.5", "None", "'asyncio.sleep'", "f'{x}'"]), NAMES),
    _grown,
    max_leaves=6,
)


def _block(lines: list[str]) -> str:
    return textwrap.indent("\n".join(lines), "    ")


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, min_size=1, max_size=3).map(_block)
    heads = [
        "while True:\n{b}",
        "while {e}:\n{b}\n    if {e}:\n        break",
        "for item in {n}:\n{b}",
        "for _ in range({e}):\n{b}\nelse:\n    pass",
        "if {e}:\n{b}\nelse:\n{b}",
        "try:\n{b}\nexcept ValueError as error:\n{b}\nfinally:\n    pass",
        "async with {n}:\n{b}",
        "with {e}:\n{b}",
        "async for item in {n}:\n{b}",
        "async def one(item, limit={e}):\n{b}\n    return await {e}",
        "def plain(item):\n    return {e}",
        "class Crew:\n    async def work(self):\n        return await {e}",
        "match {n}:\n    case [1, *rest]:\n        pass",
    ]
    return st.builds(
        lambda head, e, n, b: head.format(e=e, n=n, b=b),
        st.sampled_from(heads), EXPRESSIONS, NAMES, body,
    )  # fmt: skip


SIMPLE = st.one_of(
    EXPRESSIONS.map(lambda e: f"await {e}"),
    EXPRESSIONS.map(lambda e: f"x = await {e}"),
    EXPRESSIONS.map(lambda e: f"return await {e}"),
    EXPRESSIONS.map(lambda e: f"tasks.append({e})"),
    EXPRESSIONS.map(lambda e: f"semaphore = {e}; await sleep(1)"),
    EXPRESSIONS.map(lambda e: f"await {e}  # codemods: skip"),
    st.sampled_from(
        ["x = 1", "pass", "# a comment\npass", "'''text\nasyncio.sleep'''", "global limit", "del x"]
    ),
)
STATEMENTS = st.recursive(SIMPLE, _compound, max_leaves=5)
FUNCTIONS = st.lists(STATEMENTS, min_size=1, max_size=4).map(
    lambda lines: f"async def work(items, limit):\n{_block(lines)}"
)
PROGRAMS = st.builds(
    lambda imports, functions, ending: (
        "\n\n\n".join(["\n".join(imports), *functions]).replace("\n", ending) + ending
    ),
    st.lists(st.sampled_from(IMPORTS), max_size=3),
    st.lists(FUNCTIONS, min_size=1, max_size=2),
    st.sampled_from(["\n", "\r\n"]),
)
"""Nearly all of them parse."""

PIECES = st.sampled_from(
    [b"import asyncio\n", b"await asyncio.sleep(1)", b"asyncio.gather(", b"# coding: latin-1\n",
     b"\xef\xbb\xbf", b"\0", b"\x0c", b"\r", b"\t", b"'''", b"\\\n", b"(" * 30, b"\xff",
     b"async def f():\n", "\u2028".encode(), b"{", b":", b"    ", b"await ",
     b"# codemods: skip\n"]
)  # fmt: skip
BYTES = st.lists(st.one_of(PIECES, st.binary(max_size=8)), max_size=20).map(b"".join)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A golden case with some pieces lost, doubled or put in."""
    data = draw(st.sampled_from(SOURCES))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        put = draw(st.one_of(st.just(b""), PIECES, st.just(data[start:end] * 2)))
        data = data[:start] + put + data[end:]
    return data


@st.composite
def shuffled(draw: st.DrawFn) -> bytes:
    """A golden case with lines lost, doubled, moved, or shifted to another block."""
    lines = draw(st.sampled_from(SOURCES)).splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(lines) - 1))
        what = draw(st.sampled_from(["drop", "double", "move", "in", "out", "blank"]))
        line = lines[at]
        if what == "drop" and len(lines) > 1:
            del lines[at]
        elif what == "double":
            lines.insert(at, line)
        elif what == "move":
            lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
        elif what == "in":
            lines[at] = b"    " + line
        elif what == "out":
            lines[at] = line.removeprefix(b"    ")
        else:
            lines[at] = line.rstrip() + b"  # \xc3\xa9\n"
    return b"".join(lines)


# --- what holds for all of them ------------------------------------------------------


def check(data: bytes) -> None:
    """What holds for every file."""
    try:
        report = rewrite_file(RULES_SETTINGS, TASK, data)
    except Exception:  # the run makes it this file's error, a defect all the same if it can run
        if compiles(decode(data).text):
            raise
        return
    listed = list_file(TASK, data)
    if isinstance(report, FileError):
        assert report.kind in {"syntax-error", "encoding-error", "too-deep"}
        assert isinstance(listed, FileError) or report.kind == "too-deep"
        return
    assert not isinstance(listed, FileError)
    assert [site.primitive for site in report.sites] == [entry.primitive for entry in listed]
    assert (report.change is not None) == any(site.outcome in MADE for site in report.sites)
    for site in report.sites:
        assert (site.reason is None) == (site.outcome != "refused")
    if report.change is not None:
        check_change(data, report.change.after)


def check_change(before: bytes, after: bytes) -> None:
    text = decode(after).text
    if compiles(decode(before).text):
        assert compiles(text)
    lost = Counter(comments(decode(before).text)) - Counter(comments(text))
    assert not lost
    again = rewrite_file(RULES_SETTINGS, TASK, after)
    assert isinstance(again, FileReport), again
    assert again.change is None, "a second run changes something"


def compiles(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text.removeprefix("\ufeff"), "a.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def comments(text: str) -> list[str]:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return []
    return [token.string.rstrip() for token in tokens if token.type == tokenize.COMMENT]


@examples
@given(BYTES)
def test_any_bytes(data: bytes) -> None:
    check(data)


@examples
@given(damaged())
def test_damaged_sources(data: bytes) -> None:
    check(data)


@examples
@given(shuffled())
def test_shuffled_sources(data: bytes) -> None:
    check(data)


@examples
@given(PROGRAMS)
def test_valid_programs(text: str) -> None:
    check(text.encode())


@examples
@given(PROGRAMS)
def test_what_holds_no_primitive_is_left_alone(text: str) -> None:
    text = text.replace("asyncio", "trio_").replace("aio", "t").replace("tenacity", "patience")
    data = text.replace("run_in_executor", "run").encode()
    report = rewrite_file(RULES_SETTINGS, TASK, data)
    assert isinstance(report, FileError) or (report.sites == () and report.change is None)


def test_the_generator_makes_what_it_should() -> None:
    """Else the properties above would hold for want of anything to hold for."""
    met: Counter[str] = Counter()

    @settings(max_examples=150, database=None, derandomize=True, deadline=None)
    @given(PROGRAMS)
    def count(text: str) -> None:
        try:
            ast.parse(text)
        except SyntaxError:
            return
        met["parses"] += 1
        met["primitives"] += len(inventory(text, "a.py"))
        report = rewrite_file(RULES_SETTINGS, TASK, text.encode())
        assert isinstance(report, FileReport)
        met.update(site.outcome for site in report.sites)

    count()
    assert met["parses"] > 100
    assert met["primitives"] > 100
    assert min(met["pipeline"] + met["drop-in"], met["refused"]) > 10
