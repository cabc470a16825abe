"""RX201, in the small: when a semaphore is the bound of a fan-out, and when it is more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from codemods.rewrite import FileResult, Settings, rewrite
from transforms import gather_fan_out, semaphore_gather

SETTINGS = Settings(
    rules=[semaphore_gather.RULE, gather_fan_out.RULE],
    operators_module="_operators",
    line_length=200,
)
FAN_OUT = """\
import asyncio


async def main(f, xs, n, a):
    {before}
    sem = {semaphore}
    {between}
    async def inner({parameters}):
        async with sem:
            return await f(x)

    return await asyncio.gather(*{items})
"""


def _text(
    *,
    before: str = "pass",
    semaphore: str = "asyncio.Semaphore(n)",
    between: str = "",
    parameters: str = "x",
    items: str = "[inner(x) for x in xs]",
) -> str:
    return FAN_OUT.format(
        before=before,
        semaphore=semaphore,
        between=between,
        parameters=parameters,
        items=items,
    )


def _rewrite(text: str) -> FileResult:
    return rewrite(text, "f.py", SETTINGS)


def _outcomes(text: str) -> list[tuple[str, str, str | None]]:
    result = _rewrite(text)
    return [(site.code, site.outcome, site.reason) for site in result.sites]


BOUND = [("RX201", "pipeline", None), ("RX201", "pipeline", None)]
SWAPPED = [("RX201", "drop-in", None), ("RX202", "pipeline", None)]


def _source(text: str) -> str:
    """What stands between ``rx.from_iterable(`` and ``, ops.to_list())``."""
    assert _outcomes(text) == BOUND
    after = _rewrite(text).after
    assert "sem" not in after
    _, _, rest = after.partition("rx.from_iterable(")
    found, _, _ = rest.rpartition(", ops.to_list())")
    return found


# --- items and arguments -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "items", "expected"),
    [
        ("x", "[inner(x) for x in xs]", "xs).pipe(flat_map(inner"),
        ("x", "(inner(x) for x in xs if x)", "x for x in xs if x).pipe(flat_map(inner"),
        ("x", "map(inner, xs)", "xs).pipe(flat_map(inner"),
        ("x, k=0", "map(inner, xs)", "xs).pipe(flat_map(inner"),
        ("x", "[inner(x=x) for x in xs]", "xs).pipe(flat_map(lambda x: inner(x=x)"),
        ("x", "[inner(x.id) for x in xs]", "x.id for x in xs).pipe(flat_map(inner"),
        ("x, k", "[inner(x, a) for x in xs]", "xs).pipe(flat_map(lambda x: inner(x, a)"),
        ("x, k", "[inner(x, k=-1) for x in xs]", "xs).pipe(flat_map(lambda x: inner(x, k=-1)"),
        (
            "x, k",
            "[inner(x, a.b) for x in xs]",
            "(x, a.b) for x in xs).pipe(flat_map(lambda pair: inner(*pair)",
        ),
        (
            "x, k, *, m",
            "[inner(x, k=a.b, m=1) for x in xs]",
            "(x, a.b) for x in xs).pipe(flat_map(lambda pair: inner(*pair, m=1)",
        ),
        (
            "x, *, m",
            "[inner(x.id, m=a) for x in xs]",
            "x.id for x in xs).pipe(flat_map(lambda item: inner(item, m=a)",
        ),
        (
            "k, x",
            "[inner(i, x) for i, x in enumerate(xs)]",
            "enumerate(xs)).pipe(flat_map(lambda pair: inner(*pair)",
        ),
        (
            "x, k",
            "[inner(x, k) for k, x in zip(a, xs)]",
            "(x, k) for k, x in zip(a, xs)).pipe(flat_map(lambda pair: inner(*pair)",
        ),
        ("*, x=1", "[inner() for _ in range(3)]", "range(3)).pipe(flat_map(lambda _: inner()"),
    ],
)
def test_arguments_are_evaluated_with_the_items(parameters: str, items: str, expected: str) -> None:
    found = _source(_text(parameters=parameters, items=items))
    assert found == f"{expected}, max_concurrent=n)"


@pytest.mark.parametrize(
    ("parameters", "items"),
    [
        pytest.param("x", "[inner(x, 1) for x in xs]", id="too many arguments"),
        pytest.param("x, k", "[inner(x) for x in xs]", id="too few arguments"),
        pytest.param("x", "[inner(y=x) for x in xs]", id="an unknown argument"),
        pytest.param("x", "[inner(*x) for x in xs]", id="a star"),
        pytest.param("x", "[inner(**x) for x in xs]", id="two stars"),
        pytest.param("*x", "[inner(x) for x in xs]", id="a starred parameter"),
        pytest.param("x, *, m", "[inner(x, m=a.b) for x in xs]", id="an early keyword"),
        pytest.param("x", "[inner(y := x) for x in xs]", id="a walrus"),
        pytest.param("x", "[inner(next(a)) for x in xs]", id="StopIteration"),
        pytest.param("x", "[f(inner(x)) for x in xs]", id="passed on"),
        pytest.param("x", "[inner(x), f(a)]", id="no loop"),
        pytest.param("x", "[inner(x) if x else f(x) for x in xs]", id="one of two"),
    ],
)
def test_calls_that_must_be_made_at_once(parameters: str, items: str) -> None:
    assert _outcomes(_text(parameters=parameters, items=items)) == SWAPPED


REBOUND = {
    "in a loop": "for a in xs: pass",
    "twice": "a = 1",
    "augmented": "a += 1",
    "deleted": "del a",
    "by an inner function": "def g():\n        nonlocal a\n        a = 2",
}


@pytest.mark.parametrize("before", REBOUND.values(), ids=REBOUND)
def test_names_that_change_are_taken_early(before: str) -> None:
    text = _text(before=before, parameters="x, k", items="[inner(x, a) for x in xs]")
    assert _source(text).startswith("(x, a) for x in xs).pipe(flat_map(lambda pair: inner(*pair)")


# --- the limit -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("semaphore", "expected"),
    [
        ("asyncio.Semaphore()", "1"),
        ("asyncio.Semaphore(5)", "5"),
        ("asyncio.Semaphore(value=n)", "n"),
        ("asyncio.Semaphore(a.limit)", "a.limit"),
        ("asyncio.Semaphore(min(n, len(xs)))", "min(n, len(xs))"),
        ("asyncio.BoundedSemaphore(n or 3)", "n or 3"),
        ("asyncio.Semaphore(a())", "a()"),
        ("asyncio.Semaphore(int(n / 2) or 1)", "int(n / 2) or 1"),
    ],
)
def test_limits(semaphore: str, expected: str) -> None:
    assert _source(_text(semaphore=semaphore)).endswith(f", max_concurrent={expected})")


@pytest.mark.parametrize(
    ("limit", "between", "items"),
    [
        pytest.param("a.limit", "print()", "[inner(x) for x in xs]", id="something between"),
        pytest.param("a.limit", "", "[inner(x) for x in f()]", id="items that are called for"),
        pytest.param("a()", "", "[inner(x) for x in sorted(xs)]", id="both are called for"),
        pytest.param("n", "n = 5", "[inner(x) for x in xs]", id="bound again"),
        pytest.param("a()", "", "[inner(x) for x in a.xs]", id="the call may change the items"),
        pytest.param("await a()", "", "[inner(x) for x in a.xs]", id="others may meanwhile"),
        pytest.param("(k := 5)", "", "[inner(x) for x in xs]", id="it binds a variable"),
    ],
)
def test_limits_that_may_change_keep_a_variable(limit: str, between: str, items: str) -> None:
    text = _text(semaphore=f"asyncio.Semaphore({limit})", between=between, items=items)
    assert _source(text).endswith(", max_concurrent=max_concurrent)")
    assert f"    max_concurrent = {limit}\n" in _rewrite(text).after


def test_a_coroutine_of_one_round_takes_the_items_as_they_are() -> None:
    text = (
        _text().replace("    pass\n", "    for n in a:\n", 1).replace("    sem =", "        sem =")
    )
    head, _, tail = text.partition("(n)\n")
    text = f"{head}(n)\n" + tail.replace("\n    ", "\n        ").replace(
        "return await a", "await a"
    )
    assert _source(text) == "xs).pipe(flat_map(inner, max_concurrent=n)"


def test_a_variable_needs_a_free_name() -> None:
    text = _text(between="max_concurrent = concurrency = n = 1")
    assert "    concurrency_limit = n\n" in _rewrite(text).after
    text = text.replace(" = n = 1", " = concurrency_limit = n = 1")
    assert _outcomes(text) == SWAPPED


@pytest.mark.parametrize("parameter", ["n=None", "n: int | None = 3", "n: Optional[int]"])
def test_no_limit_is_not_no_bound(parameter: str) -> None:
    assert _outcomes(_text().replace("xs, n, a", f"xs, *, {parameter}, a")) == SWAPPED


# --- what else the semaphore may be --------------------------------------------------------

MORE = {
    "seen again": _text(between="print(sem.locked())"),
    "bound again": _text(between="sem = sem"),
    "two variables": _text().replace("sem = ", "sem = other = "),
    "two statements": _text(before="pass").replace("    sem = ", "    a(); sem = "),
    "decorated": _text().replace("    async def inner", "    @a\n    async def inner"),
    "something before": _text().replace("        async with", "        f(x)\n        async with"),
    "something after": _text().replace("await f(x)\n", "await f(x)\n        return 1\n"),
    "a name for it": _text().replace("with sem:", "with sem as s:"),
    "not the first": _text().replace("with sem:", "with f(x), sem:"),
    "an inner function": _text().replace("await f(x)\n", "inner\n"),
    "used twice": _text(items="[inner(x) for x in [inner]]"),
    "in another function": _text().replace(
        "    return await asyncio", "    async def g():\n        return await asyncio"
    ),
    "a list that is used again": _text().replace(
        "    return await asyncio.gather(*[inner(x) for x in xs])",
        "    ts = [inner(x) for x in xs]\n    return ts, await asyncio.gather(*ts)",
    ),
    "shown with all variables": _text(between="print(locals())"),
    "a remark for a tool": _text(semaphore="asyncio.Semaphore(n)  # type: ignore[misc]"),
    "a remark behind the block": _text().replace("with sem:", "with sem:  # noqa: SIM117"),
    "a comment in its line": _text().replace("with sem:", "with (sem,  # first\n  f(x)):"),
    "a generator": _text().replace("return await f(x)", "yield await f(x)"),
}


@pytest.mark.parametrize("text", MORE.values(), ids=MORE)
def test_a_semaphore_that_is_more_is_swapped(text: str) -> None:
    assert _outcomes(text) == SWAPPED


LOOP = """\
import asyncio
async def main(f, xss):
    {outer}
    async def inner(x):
        async with sem:
            return await f(x)
    {loop}
"""


@pytest.mark.parametrize(
    ("loop", "expected"),
    [
        ("for xs in xss: await asyncio.gather(*map(inner, xs))", BOUND),
        ("while f: await asyncio.gather(*map(inner, xss))", BOUND),
        ("for r in await asyncio.gather(*map(inner, xss)): print(r)", BOUND),
        ("try:\n        await asyncio.gather(*map(inner, xss))\n    except f: pass", BOUND),
        (
            "for xs in xss:\n        try: await asyncio.gather(*map(inner, xs))\n"
            "        except f: pass",
            SWAPPED,
        ),
        ("for xs in xss:\n        with f: await asyncio.gather(*map(inner, xs))", SWAPPED),
        (
            "for xs in xss:\n        with f:\n"
            "            await asyncio.gather(*map(inner, xs), return_exceptions=True)",
            BOUND,
        ),
        (
            "try:\n        for xs in xss: await asyncio.gather(*map(inner, xs))\n    except f: 0",
            BOUND,
        ),
        ("return [await asyncio.gather(*map(inner, xs)) for xs in xss]", SWAPPED),
        ("if f: await asyncio.gather(*map(inner, xss))", BOUND),
        ("with f: return await asyncio.gather(*map(inner, xss))", BOUND),
    ],
)
def test_fan_outs_in_blocks(loop: str, expected: list[tuple[str, str, str | None]]) -> None:
    assert _outcomes(LOOP.format(outer="sem = asyncio.Semaphore(3)", loop=loop)) == expected


@pytest.mark.parametrize(
    "outer", ["if f: sem = asyncio.Semaphore(3)", "with f: sem = asyncio.Semaphore(3)"]
)
def test_a_semaphore_in_a_block_of_its_own(outer: str) -> None:
    text = LOOP.format(outer=outer, loop="return await asyncio.gather(*map(inner, xss))")
    assert _outcomes(text) == SWAPPED


# --- lines around what goes ----------------------------------------------------------------


def test_comments_stay_in_their_order() -> None:
    text = (
        "import asyncio\n"
        "async def main(f, xs):\n"
        "    # one\n"
        "    sem = asyncio.Semaphore(3)  # two\n"
        "\n"
        "    # three\n"
        "    async def inner(x):  # four\n"
        "        # five\n"
        "        async with sem:  # six\n"
        "            # seven\n"
        "            await f(x)  # eight\n"
        "            # nine\n"
        "        # ten\n"
        "\n"
        "    # eleven\n"
        "    ts = [inner(x) for x in xs]\n"
        "    # twelve\n"
        "    await asyncio.gather(*ts)  # thirteen\n"
    )
    assert _rewrite(text).after.partition("xs):\n")[2] == (
        "    # one\n"
        "    # two\n"
        "    # three\n"
        "    async def inner(x):  # four\n"
        "        # five\n"
        "        # six\n"
        "        # seven\n"
        "        await f(x)  # eight\n"
        "        # nine\n"
        "        # ten\n"
        "\n"
        "    # eleven\n"
        "    # twelve\n"
        "    await last_value_from(rx.from_iterable(xs).pipe("
        "flat_map(inner, max_concurrent=3), ops.to_list()))  # thirteen\n"
    )


def test_comments_of_neighbours_that_both_go() -> None:
    inner = "    async def {0}(x):\n        async with {1}:\n            await f(x)\n"
    text = (
        "import asyncio\nasync def main(f, xs):\n"
        "    # one\n    s1 = asyncio.Semaphore(1)\n    # two\n    s2 = asyncio.Semaphore(2)\n"
        + inner.format("g", "s1")
        + inner.format("h", "s2")
        + "    await asyncio.gather(*map(g, xs))\n    await asyncio.gather(*map(h, xs))\n"
    )
    assert "    # one\n    # two\n    async def g(x):\n        await f(x)\n" in _rewrite(text).after


def test_lines_of_strings_are_not_indented() -> None:
    text = (
        "import asyncio\n"
        "async def main(f, xs):\n"
        "    sem = asyncio.Semaphore(3)\n"
        "    async def inner(x):\n"
        "        async with sem:\n"
        "            await f('''\n"
        "              select\n"
        "''', (\n"
        "                x\n"
        "            ))\n"
        "    await asyncio.gather(*map(inner, xs))\n"
    )
    assert (
        "        await f('''\n              select\n''', (\n            x\n        ))\n"
    ) in _rewrite(text).after


# --- the drop-in ---------------------------------------------------------------------------

CONSTRUCTED = {
    "Semaphore()": "dynamic_semaphore()",
    "Semaphore(3)": "dynamic_semaphore(3)",
    "Semaphore(value=n)": "dynamic_semaphore(n)",
    "Semaphore( n )": "dynamic_semaphore( n )",
    "BoundedSemaphore(2)": "dynamic_semaphore(2)",
}


@pytest.mark.parametrize(("made", "expected"), CONSTRUCTED.items())
def test_constructors(made: str, expected: str) -> None:
    result = _rewrite(f"import asyncio\nSEM = asyncio.{made}\n")
    assert result.after.endswith(f"\nSEM = {expected}\n")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("s = asyncio.Semaphore(3, loop=n)", "arguments-unclear"),
        ("s = asyncio.Semaphore(*n)", "arguments-unclear"),
        ("s = asyncio.Semaphore(**n)", "arguments-unclear"),
        ("s = asyncio.Semaphore(n / 2)", "arguments-unclear"),
        ("s = asyncio.Semaphore(1.5)", "arguments-unclear"),
        ("s = asyncio.Semaphore(3)\nprint(s._value)", "private-member"),
        ("s = asyncio.Semaphore(3)\nprint(s)", "semaphore-escapes"),
        ("def f():\n    return asyncio.Semaphore(3)", "semaphore-escapes"),
        ("s = asyncio.Semaphore(3)\nisinstance(n, asyncio.Semaphore)", "type-matters"),
        ("s = asyncio.BoundedSemaphore(3)\ns.release()", "bounded-release"),
        ("s = asyncio.Semaphore(3)\nisinstance(n, asyncio.BoundedSemaphore)", "type-matters"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    result = _rewrite(f"import asyncio\n{text}\n")
    assert not result.changed
    assert [site.reason for site in result.sites] == [reason]


def test_suppressed_semaphores_keep_the_annotations_of_all() -> None:
    result = _rewrite(
        "import asyncio\n"
        "a: asyncio.Semaphore = asyncio.Semaphore(1)\n"
        "b: asyncio.Semaphore = asyncio.Semaphore(2)  # codemods: skip\n"
    )
    assert not result.changed
    assert [site.reason for site in result.sites] == ["annotations-shared", None]


def test_annotations_of_a_bound_go_with_it() -> None:
    text = _text(semaphore="asyncio.Semaphore(3)").replace("sem = ", "sem: asyncio.Semaphore = ")
    text += "\n\nOTHER: asyncio.Semaphore = asyncio.Semaphore(2)\n"
    result = _rewrite(text)
    assert [site.outcome for site in result.sites] == ["pipeline", "pipeline", "drop-in"]
    assert "OTHER: DynamicSemaphore = dynamic_semaphore(2)\n" in result.after


@pytest.mark.parametrize(
    "text",
    [
        "import threading\nS = threading.Semaphore(3)\n",
        "from trio import Semaphore\nS = Semaphore(3)\n",
        "import asyncio\nclass Semaphore: ...\nS = Semaphore()\n",
        "from asyncio import Semaphore\ndef f(Semaphore):\n    return Semaphore(1)\n",
    ],
)
def test_lookalikes(text: str) -> None:
    result = _rewrite(text)
    assert not result.sites
    assert not result.changed


AROUND_ON_ONE_LINE = {
    "a choice in parentheses": "f((1 if x else await asyncio.gather({items})))",
    "the condition of one": "f((1 if await asyncio.gather({items}) else 2))",
    "a list that is iterated over": "f([y for y in [await asyncio.gather({items})]])",
    "a sum": "f(y for y in ([] + await asyncio.gather({items})))",
    "an element in parentheses": "f([1, (await asyncio.gather({items}))])",
    "a starred element": "f([1, *await asyncio.gather({items})])",
    "an entry": "f({{1: (await asyncio.gather({items}))}})",
}


@pytest.mark.parametrize("around", AROUND_ON_ONE_LINE.values(), ids=AROUND_ON_ONE_LINE)
def test_a_bound_is_not_lost_in_what_is_laid_out_anew_around_it(around: str) -> None:
    expression = around.format(items="*[inner(each) for each in things_to_be_done]")
    text = (
        "import asyncio\n\n\nasync def main(f, x, n, things_to_be_done):\n"
        "    sem = asyncio.Semaphore(n)\n\n    async def inner(each):\n        async with sem:\n"
        f"            return await f(each)\n\n    return {expression}\n"
    )
    result = rewrite(text, "f.py", replace(SETTINGS, line_length=88))
    assert [(site.code, site.outcome, site.reason) for site in result.sites] == BOUND
    assert "asyncio" not in result.after
    assert result.after.count("max_concurrent=n") == 1
