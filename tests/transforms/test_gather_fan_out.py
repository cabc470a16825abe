"""RX202, in the small: what becomes of a fan-out's code, and what is none."""

from __future__ import annotations

import re

import pytest

from codemods.rewrite import FileResult, Settings, rewrite
from transforms import gather_fan_out

SETTINGS = Settings(rules=[gather_fan_out.RULE], operators_module="_operators", line_length=200)
HEAD = "import asyncio\n"


def _rewrite(text: str) -> FileResult:
    return rewrite(text, "f.py", SETTINGS)


def _in_function(statement: str, *, parameters: str = "f, xs, a") -> str:
    statement = re.sub(r"(?<!asyncio\.)gather\(", "asyncio.gather(", statement)
    indented = "".join(f"    {line}\n" for line in statement.splitlines())
    return f"{HEAD}async def main({parameters}):\n{indented}"


def _pipeline(text: str) -> str:
    """What stands between ``rx.from_iterable(`` and ``, ops.to_list())``."""
    result = _rewrite(text)
    assert result.changed
    assert [site.outcome for site in result.sites] == ["pipeline"]
    _, _, rest = result.after.partition("rx.from_iterable(")
    found, _, _ = rest.rpartition(", ops.to_list())")
    return found


def _untouched(text: str) -> list[str | None]:
    result = _rewrite(text)
    assert result.after == text
    return [site.reason for site in result.sites if site.primitive.kind == "gather"]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ("[f(x) for x in xs]", "xs).pipe(flat_map(f)"),
        ("(f(x) for x in xs)", "xs).pipe(flat_map(f)"),
        ("[f(x, a) for x in xs]", "xs).pipe(flat_map(lambda x: f(x, a))"),
        ("[f(a, x) for x in xs]", "xs).pipe(flat_map(lambda x: f(a, x))"),
        ("[f(x=x) for x in xs]", "xs).pipe(flat_map(lambda x: f(x=x))"),
        ("[f(*x) for x in xs]", "xs).pipe(flat_map(lambda x: f(*x))"),
        ("[x.run() for x in xs]", "xs).pipe(flat_map(lambda x: x.run())"),
        ("[a.f(x) for x in xs]", "xs).pipe(flat_map(lambda x: a.f(x))"),
        ("[x for x in xs]", "xs).pipe(flat_map(lambda x: x)"),
        ("[f() for _ in range(3)]", "range(3)).pipe(flat_map(lambda _: f())"),
        ("[f(x) for x in xs if x]", "x for x in xs if x).pipe(flat_map(f)"),
        ("[f(x) for y in xs for x in y]", "x for y in xs for x in y).pipe(flat_map(f)"),
        (
            "[f(x, y) for x in xs for y in a]",
            "(x, y) for x in xs for y in a).pipe(flat_map(lambda pair: f(*pair))",
        ),
        (
            "[f(y, x, z, a) for x, y in xs for z in a]",
            "(y, x, z) for x, y in xs for z in a).pipe(flat_map(lambda args: f(*args, a))",
        ),
        (
            "[f(i, x) for i, x in enumerate(xs)]",
            "enumerate(xs)).pipe(flat_map(lambda pair: f(*pair))",
        ),
        ("[f(x, y) for x, y in zip(xs, a)]", "zip(xs, a)).pipe(flat_map(lambda pair: f(*pair))"),
        (
            "[f(x, y) for x, y in zip(xs, a, xs)]",
            "(x, y) for x, y in zip(xs, a, xs)).pipe(flat_map(lambda pair: f(*pair))",
        ),
        ("[f(k, v) for k, v in a.items()]", "a.items()).pipe(flat_map(lambda pair: f(*pair))"),
        ("[f(x, y) for x, y in xs]", "(x, y) for x, y in xs).pipe(flat_map(lambda pair: f(*pair))"),
        ("[f(x, y, pair) for x, y in zip(xs, a)]", None),
        ("[f(x, x) for x in xs]", "xs).pipe(flat_map(lambda x: f(x, x))"),
        ("map(f, xs)", "xs).pipe(flat_map(f)"),
        ("map(f, xs, a)", "map(f, xs, a)).pipe(flat_map(lambda task: task)"),
        ("map(f, a())", "a()).pipe(flat_map(f)"),
        ("map(a.f, xs)", "xs).pipe(flat_map(a.f)"),
        ("map(a.f, a.xs())", "map(a.f, a.xs())).pipe(flat_map(lambda task: task)"),
        ("[f() for () in xs]", "[f() for () in xs]).pipe(flat_map(lambda task: task)"),
        ("(xs or [])", "xs or []).pipe(flat_map(lambda task: task)"),
        ("[f(x) for x in (xs or a)]", "xs or a).pipe(flat_map(f)"),
        ("xs", "xs).pipe(flat_map(lambda task: task)"),
        ("a.coros", "a.coros).pipe(flat_map(lambda coro: coro)"),
        ("{f(x) for x in xs}", "{f(x) for x in xs}).pipe(flat_map(lambda task: task)"),
    ],
)
def test_shapes(items: str, expected: str | None) -> None:
    if expected is None:
        expected = "zip(xs, a)).pipe(flat_map(lambda args: f(*args, pair))"
    assert _pipeline(_in_function(f"await asyncio.gather(*{items})")) == expected


@pytest.mark.parametrize(
    "element",
    [
        pytest.param("f(lambda: x)", id="a function that sees the last item"),
        pytest.param("f(y for y in a if x)", id="a generator that sees the last item"),
        pytest.param("f(z := x)", id="a walrus binds in the function"),
        pytest.param("f(super().f(x))", id="super() looks at its frame"),
        pytest.param("f(locals())", id="locals() look at their frame"),
        pytest.param("f(next(a))", id="StopIteration"),
    ],
)
def test_code_that_depends_on_its_place_stays_there(element: str) -> None:
    text = _in_function(f"await asyncio.gather(*[{element} for x in xs])")
    assert _pipeline(text) == f"[{element} for x in xs]).pipe(flat_map(lambda task: task)"


LISTS = {
    "a comprehension": (
        "ts = [f(x) for x in xs]\nawait gather(*ts)",
        "xs).pipe(flat_map(f)",
    ),
    "annotated": (
        "ts: list = [f(x) for x in xs]\nawait gather(*ts)",
        "xs).pipe(flat_map(f)",
    ),
    "appended": (
        "ts = []\nfor x in xs:\n    ts.append(f(x))\nr = await gather(*ts)",
        "xs).pipe(flat_map(f)",
    ),
    "appended, with a condition": (
        "ts = list()\nfor x in xs:\n    if x:\n        ts.append(f(x))\nr = await gather(*ts)",
        "x for x in xs if x).pipe(flat_map(f)",
    ),
    "over a tuple without parentheses": (
        "ts = []\nfor x in 1, 2:\n    ts.append(f(x))\nreturn await gather(*ts)",
        "(1, 2)).pipe(flat_map(f)",
    ),
    "a choice": (
        "ts = []\nfor x in xs if a else ():\n    if x:\n        ts.append(f(x))\nawait gather(*ts)",
        "x for x in (xs if a else ()) if x).pipe(flat_map(f)",
    ),
}


@pytest.mark.parametrize(("statements", "expected"), LISTS.values(), ids=LISTS)
def test_lists_for_one_gather_go(statements: str, expected: str) -> None:
    assert _pipeline(_in_function(statements)) == expected


KEPT = {
    "used again": "ts = [f(x) for x in xs]\nawait gather(*ts)\nprint(ts)",
    "something between": "ts = [f(x) for x in xs]\nprint()\nawait gather(*ts)",
    "something before": "ts = [f(x) for x in xs]\nr = a() + await gather(*ts)",
    "bound twice": "ts = []\nts = [f(x) for x in xs]\nawait gather(*ts)",
    "filled before": "ts = [a]\nfor x in xs:\n    ts.append(f(x))\nawait gather(*ts)",
    "a longer loop": "ts = []\nfor x in xs:\n    print(x)\n    ts.append(f(x))\nawait gather(*ts)",
    "an else": "ts = []\nfor x in xs:\n    ts.append(f(x))\nelse:\n    a()\nawait gather(*ts)",
    "read behind it": "ts = []\nfor x in xs:\n    ts.append(f(x))\nawait gather(*ts)\nreturn x",
    "a global": "global x\nts = []\nfor x in xs:\n    ts.append(f(x))\nawait gather(*ts)",
    "a closure sees the variable": (
        "ts = []\ndef g():\n    return x\nfor x in xs:\n    ts.append(f(x))\nawait gather(*ts)"
    ),
    "another list": "ts = []\nfor x in xs:\n    a.append(f(x))\nawait gather(*ts)",
    "awaits in the loop": "ts = []\nfor x in xs:\n    ts.append(f(await a(x)))\nawait gather(*ts)",
    "an attribute as target": "ts = []\nfor a.x in xs:\n    ts.append(f(a.x))\nawait gather(*ts)",
    "a comment in the loop": "ts = []\nfor x in xs:  # all\n    ts.append(f(x))\nawait gather(*ts)",
    "in another block": "ts = [f(x) for x in xs]\ntry:\n    await gather(*ts)\nfinally:\n    a()",
    "all variables are shown": "ts = [f(x) for x in xs]\nawait gather(*ts)\nprint(locals())",
    "asked again and again": "ts = [f(x) for x in xs]\nwhile any(await gather(*ts)):\n    a()",
    "a star of another name": "ts = [f(x) for x in xs]\nawait gather(*ts, *a)",
}


@pytest.mark.parametrize("statements", KEPT.values(), ids=KEPT)
def test_lists_that_matter_stay(statements: str) -> None:
    result = _rewrite(_in_function(statements))
    assert result.changed
    *_, last = (line for line in result.after.splitlines() if "flat_map(" in line)
    assert "flat_map(lambda task: task)" in last
    before = [line for line in statements.splitlines() if "gather(" not in line]
    assert all(line in result.after for line in before)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("asyncio.create_task(f(x))", "lambda x: asyncio.create_task(f(x))"),
        ("asyncio.create_task(g(x))", "g"),
        ("asyncio.ensure_future(g(x))", "g"),
        ("asyncio.create_task(g(x), name=x)", "lambda x: asyncio.create_task(g(x), name=x)"),
        ("asyncio.create_task(g(x.a))", "lambda x: asyncio.create_task(g(x.a))"),
        ("asyncio.create_task(g(x, 1))", "lambda x: asyncio.create_task(g(x, 1))"),
    ],
)
def test_tasks_that_cannot_fail_to_be_made_need_not_be_made_one_by_one(
    made: str, expected: str
) -> None:
    function = f"{HEAD}async def g(y): ...\nasync def main(f, xs: list):\n"
    text = f"{function}    return await asyncio.gather(*[{made} for x in xs])\n"
    assert _pipeline(text) == f"xs).pipe(flat_map({expected})"


@pytest.mark.parametrize("iterable", ["xs()", "(y for y in xs)", "ys", "zs"])
def test_tasks_over_what_may_fail_half_way_are_made_one_by_one(iterable: str) -> None:
    text = (
        f"{HEAD}async def g(y): ...\nasync def main(xs, ys: Iterator[int]):\n"
        "    zs = map(int, xs)\n"
        f"    return await asyncio.gather(*[asyncio.create_task(g(x)) for x in {iterable}])\n"
    )
    assert "flat_map(lambda x: asyncio.create_task(g(x)))" in _rewrite(text).after


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("async def f(self, x): ...", "self.f"),
        ("@retry\n    async def f(self, x): ...", "self.f"),
        ("@property\n    def f(self): ...", "lambda x: self.f(x)"),
        ("f = None", "lambda x: self.f(x)"),
        ("def g(self): ...", "lambda x: self.f(x)"),
    ],
)
def test_what_may_be_missing_is_looked_up_for_each_item(method: str, expected: str) -> None:
    text = (
        f"{HEAD}class A:\n    {method}\n    async def main(self, xs):\n"
        "        await asyncio.gather(*[self.f(x) for x in xs])\n"
    )
    assert _pipeline(text) == f"xs).pipe(flat_map({expected})"


@pytest.mark.parametrize(
    ("binding", "expected"),
    [
        ("def f(x): ...\n", "f"),
        ("from m import f\n", "f"),
        ("import m\ng = m.f\n", "lambda x: f(x)"),
        ("try:\n    from m import f\nexcept ImportError:\n    f = None\n", "lambda x: f(x)"),
        ("if m:\n    def f(x): ...\n", "lambda x: f(x)"),
        ("", "lambda x: f(x)"),
    ],
)
def test_names_that_may_be_unbound(binding: str, expected: str) -> None:
    text = f"{HEAD}{binding}async def main(xs):\n    await asyncio.gather(*[f(x) for x in xs])\n"
    assert _pipeline(text) == f"xs).pipe(flat_map({expected})"


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("return_exceptions=True", ", return_exceptions=True"),
        ("return_exceptions=False", ""),
        ("return_exceptions=a", ", return_exceptions=a"),
    ],
)
def test_return_exceptions(option: str, expected: str) -> None:
    text = _in_function(f"await asyncio.gather(*[f(x) for x in xs], {option})")
    assert _pipeline(text) == f"xs).pipe(flat_map(f{expected})"


REFUSED = {
    "assigned": ("t = asyncio.gather(*xs)", "not-awaited"),
    "passed on": ("await asyncio.wait_for(asyncio.gather(*xs), 1)", "not-awaited"),
    "returned": ("return asyncio.gather(*xs)", "not-awaited"),
    "in a lambda": ("return lambda: asyncio.gather(*xs)", "not-awaited"),
    "fixed": ("await asyncio.gather(f(1), f(2))", "rule-not-available"),
    "nothing": ("await asyncio.gather()", "rule-not-available"),
    "double star": ("await asyncio.gather(*xs, **a)", "arguments-unclear"),
    "loop": ("await asyncio.gather(*xs, loop=a)", "arguments-unclear"),
    "computed": ("await asyncio.gather(*xs, return_exceptions=a())", "arguments-unclear"),
    "may be set by a call": (
        "await asyncio.gather(*[f(x) for x in xs], return_exceptions=a.b)",
        "arguments-unclear",
    ),
    "the same twice": ("await asyncio.gather(*[a] * 2)", "arguments-unclear"),
    "negated": ("await asyncio.gather(*xs, return_exceptions=not a)", "arguments-unclear"),
    "await in the element": (
        "await asyncio.gather(*[f(await x) for x in xs])",
        "awaits-between-items",
    ),
    "await in a condition": (
        "await asyncio.gather(*[f(x) for x in xs if await x])",
        "awaits-between-items",
    ),
    "async for": ("await asyncio.gather(*[f(x) async for x in xs])", "awaits-between-items"),
    "await beside": ("await asyncio.gather(await a, *xs)", "awaits-between-items"),
    "a comment inside": (
        "await asyncio.gather(\n    *[f(x) for x in xs]  # all\n)",
        "comment-in-the-way",
    ),
}


@pytest.mark.parametrize(("statement", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused(statement: str, reason: str) -> None:
    assert _untouched(_in_function(statement)) == [reason]


def test_an_awaited_collection_is_awaited_before() -> None:
    text = _in_function("await asyncio.gather(*[f(x) for x in await xs()])")
    assert _pipeline(text) == "await xs()).pipe(flat_map(f)"


def test_an_awaited_list_is_awaited_before() -> None:
    text = _in_function("await asyncio.gather(*await xs())")
    assert _pipeline(text) == "await xs()).pipe(flat_map(lambda task: task)"


def test_an_item_that_is_called_with_itself() -> None:
    text = _in_function("await asyncio.gather(*[f(f) for f in xs])")
    assert _pipeline(text) == "xs).pipe(flat_map(lambda f: f(f))"


def test_at_module_level() -> None:
    text = "import asyncio\nr = await asyncio.gather(*[f(x) for x in xs])\n"
    assert _untouched(text) == ["not-in-function"]


LOOKALIKES = {
    "a local function": "def gather(*a): ...\nasync def main(xs):\n    await gather(*xs)\n",
    "a method": "class A:\n    async def f(self, xs):\n        await self.gather(*xs)\n",
    "a parameter": "import asyncio\nasync def main(asyncio, xs):\n    await asyncio.gather(*xs)\n",
    "another library": "from trio import gather\nasync def main(xs):\n    await gather(*xs)\n",
    "bound again": (
        "from asyncio import gather\ngather = print\nasync def main(xs):\n    await gather(*xs)\n"
    ),
}


@pytest.mark.parametrize("text", LOOKALIKES.values(), ids=LOOKALIKES)
def test_lookalikes(text: str) -> None:
    assert _untouched(text) == []


TAKEN = {
    "rx": "async def main(f, xs, rx):\n    await asyncio.gather(*[f(x) for x in xs])\n",
    "ops": "ops = 1\nasync def main(f, xs):\n    await asyncio.gather(*[f(x) for x in xs])\n",
    "flat_map": "def flat_map(f): ...\nasync def main(xs):\n    await asyncio.gather(*xs)\n",
}


@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_names_that_are_taken(text: str) -> None:
    assert _untouched(HEAD + text) == ["name-conflict"]


def test_a_caught_error_is_named_where_it_stands() -> None:
    after = _rewrite(
        _in_function(
            "try:\n    g()\nexcept OSError as e:\n    await gather(*[f(x, e) for x in xs])"
        )
    ).after
    assert "rx.from_iterable([f(x, e) for x in xs])" in after


def test_a_generator_over_several_lines_as_the_only_argument() -> None:
    body = (
        "return tuple(\n    x\n    for x in await gather(\n        *(f(x, a) for x in xs)\n    )\n"
        "    if x is not None\n)"
    )
    after = _rewrite(_in_function(body)).after
    assert "        for x in await last_value_from(" in after
    assert after.count("if x is not None\n    )") == 1
