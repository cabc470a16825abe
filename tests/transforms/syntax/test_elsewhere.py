"""What one file makes under which name, and what another does with it."""

from __future__ import annotations

from textwrap import dedent

import pytest

from transforms.syntax.elsewhere import Elsewhere, SharedNames
from transforms.syntax.foreign import Lookout, foreign_uses
from transforms.syntax.kinship import Bases, kin, note_classes
from transforms.syntax.sharing import may_share, shared_names

HEAD = "import asyncio\nfrom aiolimiter import AsyncLimiter\n"

ATTRIBUTES = {
    "in __init__": (
        "class A:\n    def __init__(self):\n        self._s = asyncio.Semaphore()\n",
        "_s",
    ),
    "behind or": (
        "class A:\n    def __init__(self, s=None):\n        self._s = s or AsyncLimiter(1)\n",
        "_s",
    ),
    "by way of a variable": (
        "class A:\n    def f(self):\n        made = asyncio.Event()\n        self._s = made\n",
        "_s",
    ),
    "from a parameter": (
        "class A:\n    def __init__(self, n, s):\n        self._s = s\na = A(1, asyncio.Event())\n",
        "_s",
    ),
    "in a dictionary": (
        "class A:\n    def f(self, k):\n        self._all[k] = asyncio.Event()\n",
        "_all",
    ),
    "by setdefault": (
        "class A:\n    def f(self, k):\n        self._all.setdefault(k, asyncio.Event())\n",
        "_all",
    ),
    "as a field": (
        "class A:\n    s: object = field(default_factory=lambda: AsyncLimiter(1))\n",
        "s",
    ),
    "a field by its place": (
        "class A:\n    n: int\n    s: object\na = A(1, asyncio.Event())\n",
        "s",
    ),
    "a field of a private class": (
        "class _A:\n    n: int\n    s: object\na = _A(1, asyncio.Event())\n",
        "s",
    ),
    "by a property": (
        "class A:\n    @property\n    def s(self):\n        return self._made\n"
        "    def f(self):\n        self._made = asyncio.Event()\n",
        "s",
    ),
    "from a private function": (
        "class A:\n    def _of(self, k):\n        s = self.all.get(k)\n        if s is None:\n"
        "            s = self.all[k] = asyncio.Semaphore(2)\n        return s\n",
        "_of",
    ),
    "under another word": (
        "from asyncio import Event as Flag\nclass A:\n    def f(self):\n        self._s = Flag()\n",
        "_s",
    ),
}


@pytest.mark.parametrize(("text", "name"), ATTRIBUTES.values(), ids=ATTRIBUTES)
def test_what_may_be_reached_from_outside_is_found(text: str, name: str) -> None:
    assert may_share((HEAD + text).encode())
    assert name in shared_names(HEAD + text).attributes


def test_global_variables_and_retried_functions_are_kept_apart() -> None:
    text = HEAD + "GATE = asyncio.Semaphore(2)\n@tenacity.retry()\nasync def fetch(): pass\n"
    assert shared_names(text) == SharedNames(
        variables=frozenset({"GATE"}), functions=frozenset({"fetch"})
    )


def test_variables_of_functions_and_look_alikes_are_nobodys_business() -> None:
    text = HEAD + dedent(
        """
        import threading
        class A:
            def __init__(self, name):
                self.name = name
                self.stop = threading.Event()
            async def f(self, data):
                gate = asyncio.Semaphore(2)
                async with gate:
                    self.result = data
            def make(self):
                return asyncio.Event()
        """
    )
    assert shared_names(text).all == frozenset()


def test_the_same_variable_name_in_another_function_is_another_variable() -> None:
    text = HEAD + (
        "class A:\n    def f(self):\n        x = asyncio.Event()\n        x.set()\n"
        "    def g(self, x):\n        self.x_of_g = x\n"
    )
    assert shared_names(text).all == frozenset()


NAMES = SharedNames(frozenset({"_sem", "gates", "_of"}), frozenset({"GATE"}), frozenset({"fetch"}))

USES = {
    "private member": ("print(client._sem._value)", ("_sem", "member", "_value")),
    "asked for its type": ("isinstance(c._sem, Semaphore)", ("_sem", "handed-on", "")),
    "replaced": ("c._sem = asyncio.Semaphore(1)", ("_sem", "stored", "")),
    "passed on": ("work(c._sem)", ("_sem", "handed-on", "")),
    "returned": ("def f(c):\n    return c._sem", ("_sem", "handed-on", "")),
    "by way of a variable": ("s = c._sem\nprint(s._value)", ("_sem", "member", "_value")),
    "of a container": ("c.gates['a']._value", ("gates", "member", "_value")),
    "got from a container": ("c.gates.get('a')._value", ("gates", "member", "_value")),
    "one of many": ("for s in c.gates:\n    show(s)", ("gates", "handed-on", "")),
    "imported": ("from .limits import GATE\nprint(GATE._value)", ("GATE", "member", "_value")),
    "imported by another name": (
        "from .limits import GATE as g\nprint(g)",
        ("GATE", "handed-on", ""),
    ),
    "of a module": ("import limits\nprint(limits.GATE._value)", ("GATE", "member", "_value")),
    "given out": ("async def f(c):\n    (await c._of('a'))._value", ("_of", "member", "_value")),
    "in a subclass": (
        "class B(A):\n    def f(self):\n        g(self._sem)",
        ("_sem", "handed-on", ""),
    ),
    "by getattr": ("x = getattr(c, '_sem')", ("_sem", "handed-on", "")),
    "by patch": ("with patch('a.b.C._sem'):\n    pass", ("_sem", "stored", "")),
    "by monkeypatch": ("monkeypatch.setattr(c, '_sem', None)", ("_sem", "stored", "")),
    "attribute of a retried function": (
        "from .api import fetch\nfetch.retry.wait = none()",
        ("fetch", "member", "retry"),
    ),
    "attribute of a retried method": ("api.fetch.statistics", ("fetch", "member", "statistics")),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), USES.values(), ids=USES)
def test_what_could_tell_a_replacement_is_noted(text: str, expected: tuple[str, ...]) -> None:
    assert Lookout(NAMES).sees(text.encode())
    found = foreign_uses(text, "other.py", NAMES)
    assert [(use.name, use.what, use.member) for use in found] == [expected]


HARMLESS = {
    "entered": "async def f(c):\n    async with c._sem:\n        pass",
    "public members": "async def f(c):\n    await c._sem.acquire()\n    c._sem.release()",
    "tested": "if c._sem is not None and c._sem.locked():\n    pass",
    "a variable of its own": "GATE = object()\nprint(GATE)",
    "a retried function called": "from .api import fetch\nx = run(fetch(1))",
    "a retried function handed on": "from .api import fetch\nx = run(fetch, 1)",
    "another name": "print(c._semaphore)",
    "a word in a text": "print('the _sem of gates')",
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_what_any_replacement_can_do_is_not_noted(text: str) -> None:
    assert foreign_uses(text, "other.py", NAMES) == ()


def test_a_class_that_binds_the_name_itself_is_named() -> None:
    own = "class C(Base):\n    def f(self):\n        self._sem = 1\n        g(self._sem)\n"
    made = own.replace("(Base)", "(make_base())")
    unbound = own.replace("self._sem = 1", "pass")
    assert {use.owner for use in foreign_uses(own, "other.py", NAMES)} == {"C"}
    assert {use.owner for use in foreign_uses(made, "other.py", NAMES)} == {""}
    assert {use.owner for use in foreign_uses(unbound, "other.py", NAMES)} == {""}


def test_kin_are_classes_that_some_class_derives_from_both() -> None:
    bases: Bases = {}
    note_classes(b"class Base: pass\nclass Mid(pkg.Base, Generic[T]): pass\n", bases)
    note_classes(b"class Leaf(\n    Mid,\n    Mixin,\n    metaclass=M,\n):\n    pass\n", bases)
    note_classes(b"class Other(Mixed):\n    pass\n", bases)
    found = kin(["Base", "Mixin", "Other", "Lone"], bases)
    assert found["Base"] >= {"Base", "Mid", "Leaf", "Mixin"}
    assert found["Mixin"] >= {"Base", "Mid", "Leaf"}
    assert found["Other"] == {"Other", "Mixed"}
    assert found["Lone"] == {"Lone"}


def test_a_use_says_where_it_is() -> None:
    (use,) = foreign_uses("\n\n    \nprint(client._sem._value)\n", "a/b.py", NAMES)
    assert str(use) == "a/b.py:4: print(client._sem._value)"


def test_one_file_is_given_what_concerns_it() -> None:
    uses = foreign_uses("f(c._sem)\nf(c.gates)\n", "a.py", NAMES)
    everything = Elsewhere(NAMES.all, uses)
    assert everything.seen_from("b.py") == everything
    assert everything.seen_from("a.py") == Elsewhere(NAMES.all)
