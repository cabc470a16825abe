"""What a file shares, and what it does with what others share: as if all of it were parsed."""

from __future__ import annotations

from textwrap import indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.syntax import foreign, sharing
from transforms.syntax.elsewhere import SharedNames
from transforms.syntax.foreign import Lookout, foreign_uses
from transforms.syntax.patching import patches
from transforms.syntax.plain import tree_of
from transforms.syntax.sharing import may_share, shared_names

MAKING = (
    "self._sem = asyncio.Semaphore(2)",
    "self.gate = E()",
    "made = AsyncLimiter(1)\nself.limiter = made",
    "return self._sem",
    "return self.gate",
    "sem = self._sem\nself.pool.append(sem)",
    "take(self.gate, 1)",
    "Box(1, self._sem)",
    "other.gate = self._sem",
    "x = helper()\nself.found = x",
    "self.found = sem",
    "self._all[k] = self._of(k)",
    "from asyncio import Event as E",
    "import asyncio as aio\nself.late = aio.Event()",
    "self.late = aio.Event()",
    "global made\nmade = asyncio.Event()",
    "def inner(sem=None):\n    return asyncio.Event()\nself.inner = inner()",
    "x = 1",
)
USING = (
    "print(client._sem._value)",
    "self._sem = None",
    "library(self._sem)",
    "gate = self._sem",
    "if client._sem.locked():\n    pass",
    "getattr(client, '_sem')",
    "patch('app.client._sem')",
    "patch('app.fetch.retry.sleep')",
    "fetch.retry.wait = None",
    "f = client.fetch\nf.retry = None",
    "from client import GATE as mine",
    "library(mine)",
    "library(GATE)",
    "print(gate._waiters)",
    "await client._of(1)",
    "return [c._sem for c in clients]",
    "x = '''\nclient._sem._value\n'''",
    "x = 1",
)
NAMES = SharedNames(frozenset({"_sem", "_of"}), frozenset({"GATE"}), frozenset({"fetch"}))
names = st.sampled_from(["take", "helper", "_of", "gate", "__init__", "fetch", "GATE", "run"])
DECORATORS = ("", "", "@property\n", "@retry(stop=1)\n", "@tenacity.retry\n")
SIGNATURES = ("def {}(self, sem=None):", "async def {}(k, sem):", "def {}():")
FIELDS = ("gate: object = None", "found = pool = None", "_sem: E\nother: int", "x = 1")
HEADS = (
    "import asyncio",
    "from asyncio import Event as E",
    "import asyncio as aio",
    "from aiolimiter import AsyncLimiter",
    "from client import GATE",
    "made = asyncio.Event()",
    "gate = client._sem",
    "import client",
)


@st.composite
def functions(draw: st.DrawFn, lines: tuple[str, ...]) -> str:
    body = "\n".join(draw(st.lists(st.sampled_from(lines), min_size=1, max_size=3)))
    head = draw(st.sampled_from(SIGNATURES)).format(draw(names))
    return f"{draw(st.sampled_from(DECORATORS))}{head}\n{indent(body, '    ')}"


@st.composite
def classes(draw: st.DrawFn, lines: tuple[str, ...]) -> str:
    parts = [draw(st.sampled_from(FIELDS)), *draw(st.lists(functions(lines), max_size=3))]
    base = draw(st.sampled_from(["", "(Client)", "(make())"]))
    return f"class {draw(st.sampled_from(['Box', 'Other']))}{base}:\n" + indent(
        "\n\n".join(parts), "    "
    )


def sources(lines: tuple[str, ...]) -> st.SearchStrategy[str]:
    parts = st.one_of(st.sampled_from(HEADS), functions(lines), classes(lines))
    return st.lists(parts, min_size=1, max_size=6).map(lambda parts: "\n\n".join(parts) + "\n")


@settings(max_examples=300, deadline=None)
@given(text=sources(MAKING))
def test_shared_names_are_those_of_the_whole_text(text: str) -> None:
    text = "import asyncio\n" + text
    tree = tree_of(text)
    if tree is not None:
        whole = sharing._Sharing(tree).names()
        assert shared_names(text) == whole
        assert may_share(text.encode()) or not whole.attributes | whole.variables


MADE = "class A:\n    def f(self):\n        self._sem = asyncio.Semaphore(2)\n\n    def g(self):\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param(
            f"{MADE}        keep(self._sem)\n\ndef keep(taken):\n    POOL.append(taken)\n",
            "POOL",
            id="parameter",
        ),
        pytest.param(
            f"{MADE}        keep(taken=self._sem)\n\ndef keep(k, taken):\n    POOL.append(taken)\n",
            "POOL",
            id="keyword",
        ),
        pytest.param(
            f"{MADE}        Box(1, self._sem)\n\nclass Box:\n    def __init__(self, k, taken):\n"
            "        self.late = taken\n",
            "late",
            id="constructor",
        ),
        pytest.param(
            f"{MADE}        Box(1, self._sem)\n\nclass Box:\n    k: int\n    late: object\n",
            "late",
            id="field-by-its-place",
        ),
        pytest.param(
            f"{MADE}        other.late = self._sem\n\nclass Box:\n    late=None\n",
            "late",
            id="field-of-another-class",
        ),
        pytest.param(
            f"{MADE}        pass\n\n    @property\n    def late(self):\n        return self._sem\n"
            "\n    def h(self):\n        self.later = self.late\n",
            "later",
            id="property",
        ),
        pytest.param(
            "def f():\n    import asyncio as aio\n\ndef g(self):\n    self.late = aio.Event()\n",
            "late",
            id="import-in-a-function",
        ),
        pytest.param(
            "def f():\n    from asyncio import Event as E\n\ndef g(self):\n    self.late = E()\n",
            "late",
            id="another-name-for-the-class",
        ),
        pytest.param(
            "class A:\n    @with_retry\n    def late(self):\n        pass\n",
            "late",
            id="retried",
        ),
    ],
)
def test_what_the_objects_go_through_is_looked_up(text: str, name: str) -> None:
    text = f"import asyncio\n\n{text}"
    tree = tree_of(text)
    assert tree is not None
    assert name in shared_names(text).all
    assert shared_names(text) == sharing._Sharing(tree).names()


def test_the_last_function_of_a_name_counts() -> None:
    text = "class A:\n    @retry\n    def late(self):\n        pass\n\n"
    text += "class B:\n    def late(self):\n        pass\n"
    tree = tree_of(text)
    assert tree is not None
    assert shared_names(text) == sharing._Sharing(tree).names()


@settings(max_examples=300, deadline=None)
@given(text=sources(USING))
def test_uses_are_those_of_the_whole_text(text: str) -> None:
    tree = tree_of(text)
    if tree is not None:
        whole = foreign._Reader(tree, text, "a.py", NAMES).sorted_uses()
        assert foreign_uses(text, "a.py", NAMES) == whole


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("from pkg._sem import thing", id="import"),
        pytest.param("client._sem.acquire()", id="plain-call"),
        pytest.param("client._sem . locked()", id="plain-call-with-blanks"),
        pytest.param("kind = 'made._sem'", id="string"),
        pytest.param("# see `client._sem`", id="quoted-in-a-comment"),
        pytest.param("x = '_sem'; getattr_like = 1", id="no-call-by-name"),
        pytest.param("class A(object): x = '_sem'", id="a-base-is-no-call"),
        pytest.param("fetch.wait()", id="function"),
        pytest.param("from client import GATES", id="other-import"),
    ],
)
def test_what_shows_no_use_is_dismissed_on_its_bytes(text: str) -> None:
    assert not Lookout(NAMES).sees(text.encode())
    assert foreign_uses(text, "a.py", NAMES) == ()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("library(client._sem)", id="dot"),
        pytest.param("library(client. _sem)", id="blank"),
        pytest.param("for s in client._sem.values(): library(s)", id="elements"),
        pytest.param("getattr (client, '_sem')", id="by-name"),
        pytest.param("mocker.patch.object(client, '_sem')", id="patch-object"),
        pytest.param("patch('fetch.retry.sleep')", id="retried-by-name"),
        pytest.param("fetch.retry.wait = 1; pkg.fetch.statistics", id="retried"),
        pytest.param(
            "from client import (\n    other,\n    GATE as g,\n)\nlibrary(g)", id="import"
        ),
    ],
)
def test_what_may_be_a_use_is_seen(text: str) -> None:
    assert Lookout(NAMES).sees(text.encode())
    assert foreign_uses(text, "a.py", NAMES)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f():\n    patch('asyncio.sleep')\n", id="string"),
        pytest.param("def f():\n    patch.object(jobs.asyncio, 'sleep')\n", id="object"),
        pytest.param("def f():\n    mp.setattr(library, 'sleep', fast)\n", id="alias"),
        pytest.param("def f():\n    patch('app.jobs.'\n        'sleep')\n", id="two-strings"),
        pytest.param("@patch('app.jobs.sleep')\ndef f():\n    pass\n", id="decorator"),
        pytest.param(
            "class T:\n    @patch('app.jobs.sleep')\n    def f(self): pass\n", id="method"
        ),
    ],
)
def test_patches_are_those_of_the_whole_text(text: str) -> None:
    imports = "def g():\n    from app import jobs\n    import app.other.asyncio as library\n\n"
    found = patches(imports + text, "tests/test_jobs.py")
    # With a form feed in it, there is no excerpt.
    assert found == patches(f"{imports}{text}\f\n", "tests/test_jobs.py") != ()
