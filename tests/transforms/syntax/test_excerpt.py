"""The inventory of an excerpt is that of the whole text, however the text is written."""

from __future__ import annotations

from textwrap import indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codemods import inventory
from codemods.inventory import entries_of, inventory_entries, parsed
from transforms.syntax.excerpt import Layout, bound_from_within, excerpt, word_hits

HEADS = (
    "import asyncio",
    "import os, asyncio  # for all",
    "from asyncio import create_task",
    "from asyncio import tasks",
    "from asyncio.locks import Semaphore as Gate, Lock",
    "from asyncio import (\n    run,  # work\n    sleep,\n)",
    "import asyncio.tasks as at",
    "module = asyncio",
    "from app import asyncio",
    "import asyncio as aio",
    "from asyncio import *",
    "from asyncio import sleep as nap, gather",
    "import tenacity\nfrom tenacity import retry, stop_after_attempt as stop",
    "from time import sleep",
    "nap = asyncio.sleep",
    "sem = asyncio.Semaphore(2)",
    "try:\n    from asyncio import to_thread\nexcept ImportError:\n    to_thread = None",
)
BODIES = (
    "x = 1",
    "await asyncio.sleep(1)",
    "await aio.sleep(self.retry)",
    "await nap(2)",
    "await gather(*[work(i) for i in range(3)])",
    "return await asyncio.gather(*(self.gated(i) for i in items))",
    "async with sem:\n    await work()",
    "async with self._sem:\n    await work()",
    "self._sem = asyncio.Semaphore(3)",
    "self._sem._value = 5",
    "global nap\nnap = work",
    "global asyncio",
    "global aio\nimport asyncio as aio",
    "import asyncio as a\nawait a.sleep(3)",
    "await tasks.sleep(1)",
    "await module.sleep(1)",
    "await at.sleep(1)",
    "async with Gate(4):\n    await work()",
    "await asyncio . sleep(1)",
    "await asyncio.tasks.sleep(1)",
    "await app.asyncio.sleep(1)",
    "asyncio.create_task(work())",
    'x = f"""\n{await asyncio.to_thread(work)}\n"""',
    'log(f"{await asyncio.sleep(1)} asyncio")',
    "class Inner:\n    nap = asyncio.sleep\n    def dull(self):\n        pass",
    "asyncio.sleep = work",
    "sleep = 3",
    "await loop.run_in_executor(None, work)",
    '"""Text.\n\ndef sleep():\n    asyncio.sleep(1)\n"""',
    "x = '''\ndef f():\n    return asyncio.sleep(1)\n'''",
    "call(\n1,\n)",
    "x = 1 + \\\n  2",
    "x = 'a\\\ndef b(): asyncio.sleep(1)'",
    '# await asyncio.sleep(1)\nreturn \'"""\'',
    "if (gather := work):\n    pass",
    "for attempt in range(3):\n    try:\n        await work()\n    except ConflictError:\n"
    "        await asyncio.sleep(1)",
    "def inner():\n    nonlocal x\n    return asyncio.sleep(1)",
    "raise tenacity.TryAgain",
)
DECORATORS = ("", "@retry\n", "@tenacity.retry(stop=stop(3))\n", "@property\n")
SIGNATURES = (
    "async def {name}(self):",
    "def {name}(self, retry=3):",
    "async def {name}(\n    self,\n    items,\n) -> None:",
    "async def {name}(sem: asyncio.Semaphore, x=(nap := work)):",
    'def {name}(): return """\n',
)

names = st.sampled_from(["sleep", "gather", "gated", "work", "asyncio", "run"])


@st.composite
def functions(draw: st.DrawFn) -> str:
    head = draw(st.sampled_from(SIGNATURES)).format(name=draw(names))
    if head.endswith('"""\n'):
        return f'{draw(st.sampled_from(DECORATORS))}{head}asyncio.sleep(1)\n"""'
    body = "\n".join(draw(st.lists(st.sampled_from(BODIES), min_size=1, max_size=4)))
    return f"{draw(st.sampled_from(DECORATORS))}{head}\n{indent(body, draw(steps))}"


@st.composite
def classes(draw: st.DrawFn) -> str:
    members = "\n\n".join(draw(st.lists(functions(), min_size=1, max_size=3)))
    first = draw(st.sampled_from(("", "", "nap = asyncio.sleep\n\n", "x = nap(1)\n\n")))
    head = f"{draw(st.sampled_from(DECORATORS))}class {draw(names)}"
    return f"{head}:\n{indent(first + members, draw(steps))}"


steps = st.sampled_from(["    ", "    ", "  ", "\t"])
lines = st.one_of(st.sampled_from(HEADS), functions(), classes(), st.sampled_from(BODIES[:4]))
sources = st.lists(lines, min_size=1, max_size=7).map(lambda parts: "\n\n".join(parts) + "\n")


def described(text: str, whole: bool) -> object:
    try:
        found = entries_of(parsed(text)) if whole else inventory_entries(text, "a.py")
    except inventory.SourceError:
        return "no Python"
    return [
        (entry, entry.primitive.kind, entry.primitive.function, entry.primitive.parameters)
        for entry in found
    ]


@pytest.fixture(autouse=True)
def any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "_WORTH_AN_EXCERPT", 0)


@settings(max_examples=400, deadline=None)
@given(text=sources)
def test_the_answer_is_that_of_the_whole_text(text: str) -> None:
    whole = described("import asyncio\n" + text, whole=True)
    if whole != "no Python":
        assert described("import asyncio\n" + text, whole=False) == whole


def cut(text: str, words: set[str], kept: frozenset[str] = frozenset()) -> str | None:
    """The excerpt of a text in which these words count."""
    layout = Layout(text)
    found = excerpt(layout, word_hits(layout, words, set()), kept)
    return None if found is None else found.text


def test_functions_without_a_hit_leave_nothing_on_their_lines() -> None:
    text = (
        "import asyncio\n\n\n"
        "class A:\n"
        "    @cached\n"
        "    def dull(\n        self,\n    ) -> int:\n        return 1\n\n"
        "    def grey(self):\n        return 2\n\n"
        "    async def nap(self):\n        await asyncio.sleep(1)\n"
        "\n\nclass B(A):\n    def dull(self):\n        return 1\n"
    )
    found = cut(text, {"sleep"})
    assert found is not None
    assert found.count("\n") == text.count("\n")
    assert "    def dull(): pass\n\n\n" in found
    assert "    pass\n\n\n    async def nap(self):\n        await asyncio.sleep(1)\n" in found
    assert found.endswith("\n\n\npass\n\n\n")


def test_what_is_left_out_is_told() -> None:
    layout = Layout("\ndef f():\n    pass\n\n\nclass C:\n    pass\n\n\n@d\ndef g():\n    pass\n")
    found = excerpt(layout, (), frozenset({"C"}))
    assert found is not None
    assert found.left_out == {"f"}
    assert found.text == "\npass\n\n\n\nclass C: pass\n\n\n\n@d\ndef g(): pass\n\n"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("self.sleep = 1", id="own-attribute"),
        pytest.param("go(sleep=2)", id="argument"),
        pytest.param("x['sleep']", id="string"),
        pytest.param('"""Would sleep."""', id="docstring"),
        pytest.param("# sleep", id="comment"),
        pytest.param("sleepy = 1", id="longer-word"),
    ],
)
def test_what_is_no_use_does_not_keep_a_function(body: str) -> None:
    found = cut(f"\ndef f(self):\n    {body}\n    return 1\n", {"sleep"})
    assert found == "\npass\n\n\n"


def test_code_in_a_formatted_string_keeps_a_function() -> None:
    text = '\ndef f():\n    return rf"""\n{sleep(1)}\n"""\n'
    assert cut(text, {"sleep"}) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\ndef f():\n    '''\n", id="open-string"),
        pytest.param("\ndef f():\r\n    pass\n", id="carriage-return"),
        pytest.param("\ndef f():\n\tx = 1\n  y = 1\n", id="tabs-and-blanks"),
        pytest.param("\ndef f():\n    x = \\\n1\n", id="line-that-goes-on"),
        pytest.param("\ndef \\\n  f():\n    pass\ndef  \\\n g(): pass\n", id="name-below"),
    ],
)
def test_no_excerpt_where_it_is_not_clear(text: str) -> None:
    assert cut(text, {"sleep"}) is None


def test_names_that_functions_bind_outside_of_themselves() -> None:
    text = "def f(x=(a := 1)):\n    global b, \\\n        c\n    if (d\n        := 2): ':='\n"
    assert bound_from_within(text) == {"a", "b", "c", "d"}
