"""RX203, in the small: where a limiter may go without being lost sight of."""

from __future__ import annotations

import pytest

from codemods.rewrite import FileResult, Settings, rewrite
from transforms import async_limiter

SETTINGS = Settings(rules=[async_limiter.RULE], operators_module="_operators")


def _rewrite(text: str) -> FileResult:
    return rewrite(text.replace("    |", "").lstrip("\n"), "f.py", SETTINGS)


def _reasons(result: FileResult) -> list[str | None]:
    return [site.reason for site in result.sites]


TAKEN = {
    "async with": "limiter = AsyncLimiter(1)\nasync def f():\n    async with limiter: pass\n",
    "made in the header": "async def f():\n    async with AsyncLimiter(1, 2) as none: pass\n",
    "public members": (
        "async def f(x):\n    l = AsyncLimiter(5)\n    if l.has_capacity(2): await l.acquire(2)\n"
        "    l.max_rate = l.max_rate / 2\n    return l.time_period\n"
    ),
    "a default, or none": (
        "async def f(l=None):\n    l = l or AsyncLimiter(1)\n    async with l: pass\n"
        "async def g(l=AsyncLimiter(2)):\n    async with l: pass\n"
    ),
    "passed on inside the file": (
        "async def work(x, *, l): \n    async with l: pass\n"
        "async def f(xs):\n    l = AsyncLimiter(1)\n    for x in xs: await work(x, l=l)\n"
    ),
    "passed on to a method": (
        "class A:\n    async def w(self, l, x):\n        await l.acquire()\n"
        "    async def f(self):\n        l = AsyncLimiter(1)\n        await self.w(l, 1)\n"
    ),
    "given to a class of the file": (
        "class A:\n    def __init__(self, name, l):\n        self.l = l\n"
        "    async def f(self):\n        async with self.l: pass\n"
        "a = A('x', AsyncLimiter(1))\n"
    ),
    "a field of a dataclass": (
        "@dataclass\nclass A:\n    l: object = field(default_factory=lambda: AsyncLimiter(1))\n"
        "    async def f(self):\n        async with self.l: pass\n"
        "a = A(AsyncLimiter(2))\nb = A(l=AsyncLimiter(3))\n"
    ),
    "in a dictionary": (
        "ls = {'a': AsyncLimiter(1), 'b': AsyncLimiter(2)}\n"
        "async def f(k):\n    async with ls[k]: pass\n    await ls.get(k, ls['a']).acquire()\n"
        "    for name, l in ls.items():\n        print(name, l.max_rate)\n"
    ),
    "by setdefault": (
        "class A:\n    def __init__(self):\n        self.ls = {}\n"
        "    async def f(self, k):\n"
        "        async with self.ls.setdefault(k, AsyncLimiter(1)): pass\n"
    ),
    "in a comprehension": (
        "ls = [AsyncLimiter(n) for n in range(1, 3)]\n"
        "async def f(i):\n    for l in ls:\n        async with l: pass\n"
    ),
    "from a private function": (
        "class A:\n    _ls: dict = {}\n    def _of(self, k):\n        if k not in self._ls:\n"
        "            self._ls[k] = AsyncLimiter(1)\n        return self._ls[k]\n"
        "    async def f(self, k):\n        async with self._of(k): pass\n"
    ),
    "on an exit stack": (
        "async def f(stack):\n    await stack.enter_async_context(AsyncLimiter(1))\n"
    ),
    "a namesake in another function": (
        "async def f():\n    l = AsyncLimiter(1)\n    async with l: pass\ndef g(l):\n    send(l)\n"
    ),
}

KEPT = {
    "private attribute": ("l = AsyncLimiter(1)\nprint(l._level)\n", "private-member"),
    "unknown attribute": ("l = AsyncLimiter(1)\nl.name = 'x'\n", "private-member"),
    "isinstance": ("l = AsyncLimiter(1)\nprint(isinstance(l, AsyncLimiter))\n", "type-matters"),
    "one of several": (
        "l = AsyncLimiter(1)\ndef f(x): return isinstance(x, (int, AsyncLimiter))\n",
        "type-matters",
    ),
    "is its type": (
        "l = AsyncLimiter(1)\ndef f(x): return type(x) is AsyncLimiter\n",
        "type-matters",
    ),
    "class pattern": (
        "l = AsyncLimiter(1)\ndef f(x):\n    match x:\n        case AsyncLimiter(): pass\n",
        "type-matters",
    ),
    "subclass": ("class L(AsyncLimiter): pass\nl = AsyncLimiter(1)\n", "type-matters"),
    "unbound method": ("l = AsyncLimiter(1)\nx = AsyncLimiter.acquire\n", "type-matters"),
    "checked at run time": (
        "class A(BaseModel):\n    l: AsyncLimiter\na = A(l=AsyncLimiter(1))\n",
        "type-matters",
    ),
    "the class itself": (
        "def f(make: type[AsyncLimiter]): pass\nl = AsyncLimiter(1)\n",
        "type-matters",
    ),
    "its type is asked": ("l = AsyncLimiter(1)\nprint(type(l))\n", "limiter-escapes"),
    "passed to imported code": ("l = AsyncLimiter(1)\nsend(l)\n", "limiter-escapes"),
    "passed to a library's object": ("def f(c):\n    c.use(AsyncLimiter(1))\n", "limiter-escapes"),
    "passed by star": (
        "def g(*ls): pass\nl = AsyncLimiter(1)\ng(l)\n",
        "limiter-escapes",
    ),
    "returned": ("def make():\n    return AsyncLimiter(1)\n", "limiter-escapes"),
    "yielded": ("def make():\n    yield AsyncLimiter(1)\n", "limiter-escapes"),
    "printed": ("l = AsyncLimiter(1)\nx = f'{l}'\n", "limiter-escapes"),
    "in another's dictionary": ("def f(app):\n    app['l'] = AsyncLimiter(1)\n", "limiter-escapes"),
    "on another's object": ("def f(app):\n    app.state.l = AsyncLimiter(1)\n", "limiter-escapes"),
    "by a lambda": ("make = lambda: AsyncLimiter(1)\n", "limiter-escapes"),
    "private, but not only called": (
        "def _make():\n    return AsyncLimiter(1)\nregister(_make)\n",
        "limiter-escapes",
    ),
}


@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_a_limiter_that_stays_in_sight_is_swapped(text: str) -> None:
    result = _rewrite(f"from aiolimiter import AsyncLimiter\n\n{text}")
    assert {site.outcome for site in result.sites} == {"drop-in"}, _reasons(result)
    assert "from _operators import rate_limit\n" in result.after
    assert "AsyncLimiter" not in result.after


@pytest.mark.parametrize(("text", "reason"), KEPT.values(), ids=KEPT)
def test_a_limiter_that_is_lost_sight_of_stays(text: str, reason: str) -> None:
    result = _rewrite(f"from aiolimiter import AsyncLimiter\n\n{text}")
    assert result.after == result.before
    assert _reasons(result) == [reason]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("AsyncLimiter", "RateLimit"),
        ("AsyncLimiter | None", "RateLimit | None"),
        ("dict[str, AsyncLimiter]", "dict[str, RateLimit]"),
        ("'AsyncLimiter'", "'RateLimit'"),
        ("'dict[str, al.AsyncLimiter] | None'", "'dict[str, RateLimit] | None'"),
        ("list['AsyncLimiter']", "list['RateLimit']"),
        ("Optional[al.AsyncLimiter]", "Optional[RateLimit]"),
        (
            "Annotated[AsyncLimiter, 'AsyncLimiter of all']",
            "Annotated[RateLimit, 'AsyncLimiter of all']",
        ),
        ("Literal['AsyncLimiter']", "Literal['AsyncLimiter']"),
        ("MyAsyncLimiter", "MyAsyncLimiter"),
    ],
)
def test_annotations_follow(before: str, after: str) -> None:
    text = (
        "import aiolimiter as al\nfrom aiolimiter import AsyncLimiter\n\n"
        "ours = AsyncLimiter(1)\ntheirs: {0} = None\n\n\nasync def f(x: {0}) -> {0}: pass\n"
    )
    result = _rewrite(text.format(before))
    head, _, body = result.after.partition("ours = ")
    assert (
        body
        == f"rate_limit(1)\ntheirs: {after} = None\n\n\nasync def f(x: {after}) -> {after}: pass\n"
    )
    assert ("RateLimit" in head) == ("RateLimit" in after)


def test_imports_for_type_checkers_are_understood() -> None:
    result = _rewrite(
        "from typing import TYPE_CHECKING\n\nimport aiolimiter\n\n"
        "if TYPE_CHECKING:\n    from aiolimiter import AsyncLimiter\n\n"
        "l: 'AsyncLimiter' = aiolimiter.AsyncLimiter(1)\n"
    )
    assert "l: 'RateLimit' = rate_limit(1)\n" in result.after


def test_a_default_that_names_the_class_keeps_its_annotation() -> None:
    result = _rewrite(
        "from aiolimiter import AsyncLimiter\n\n"
        "def f(make: object = AsyncLimiter, other: AsyncLimiter = choose(AsyncLimiter)): pass\n"
        "l: AsyncLimiter = AsyncLimiter(1)\n"
    )
    assert "other: AsyncLimiter = choose(AsyncLimiter)" in result.after
    assert "l: RateLimit = rate_limit(1)" in result.after
    assert "from aiolimiter import AsyncLimiter\n" in result.after


def test_one_that_stays_keeps_the_others_if_annotations_speak_of_both() -> None:
    text = "from aiolimiter import AsyncLimiter\n\na{} = AsyncLimiter(1)\nsend(AsyncLimiter(2))\n"
    assert _reasons(_rewrite(text.format(""))) == [None, "limiter-escapes"]
    annotated = _rewrite(text.format(": AsyncLimiter"))
    assert _reasons(annotated) == ["annotations-shared", "limiter-escapes"]
    assert annotated.after == annotated.before
