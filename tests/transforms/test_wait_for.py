"""RX302, in the small: what becomes of a limit, when the call may come late, and what stays."""

from __future__ import annotations

import pytest

from codemods.rewrite import FileResult, Settings, rewrite
from transforms import to_thread, wait_for

SETTINGS = Settings(rules=[wait_for.RULE], operators_module="app._operators", line_length=200)
HEAD = "import asyncio\nfrom asyncio import wait_for\n\nLIMIT = 3\n\n\n"


def _rewrite(body: str, head: str = HEAD) -> FileResult:
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    return rewrite(f"{head}async def main(f, x, limit, self):\n{indented}", "f.py", SETTINGS)


def _body(result: FileResult) -> str:
    lines = result.after.partition("async def main(f, x, limit, self):\n")[2].splitlines()
    return "\n".join(line.removeprefix("    ") for line in lines)


@pytest.mark.parametrize(
    ("before", "source", "seconds"),
    [
        ("wait_for(f(), 1)", "from_async(f)", "1"),
        (
            "asyncio.wait_for(f(x, *x, a=1, **x), timeout=0.5)",
            "from_async(f, x, *x, a=1, **x)",
            "0.5",
        ),
        ("wait_for(fut=f(), timeout=None)", "from_async(f)", "None"),
        ("wait_for(timeout=3, fut=f())", "from_async(f)", "3"),
        ("wait_for(self.f.g(), LIMIT * 2)", "from_async(self.f.g)", "LIMIT * 2"),
        ("wait_for(f(y for y in x), limit)", "from_async(f, (y for y in x))", "limit"),
        ("wait_for(f(await x()), limit or 1)", "from_async(f, await x())", "limit or 1"),
        ("wait_for(super().f(), 1)", "from_async(super().f)", "1"),
        ("wait_for(x, 1)", "from_awaitable(x)", "1"),
        ("wait_for(self.task, 1)", "from_awaitable(self.task)", "1"),
        ("wait_for(x[0], 1)", "from_awaitable(x[0])", "1"),
        ("wait_for(x or f(), 1)", "from_awaitable(x or f())", "1"),
        ("wait_for(f(), limit())", "from_awaitable(f())", "limit()"),
        ("wait_for(f(), self.limit)", "from_awaitable(f())", "self.limit"),
        ("wait_for(f(), await x())", "from_awaitable(f())", "await x()"),
        ("wait_for(f(), x[0])", "from_awaitable(f())", "x[0]"),
        ("wait_for(asyncio.shield(x), 1)", "from_awaitable(asyncio.shield(x))", "1"),
        ("wait_for(self.create_task(x()), 1)", "from_awaitable(self.create_task(x()))", "1"),
        ("wait_for(asyncio.sleep(1), 1)", "from_awaitable(asyncio.sleep(1))", "1"),
        ("wait_for(asyncio.to_thread(f), 1)", "from_awaitable(asyncio.to_thread(f))", "1"),
    ],
)
def test_a_limit_becomes_a_stage(before: str, source: str, seconds: str) -> None:
    pipeline = f"{source}.pipe(timeout({seconds}))"
    assert _body(_rewrite(f"x = await {before}")) == f"x = await last_value_from({pipeline})"


@pytest.mark.parametrize(
    ("function", "call", "late"),
    [
        ("async def g(a): pass", "g(1)", True),
        ("async def g(a): yield", "g(1)", False),
        ("async def g(a): pass", "g()", False),
        ("def g(a): pass", "g(1)", False),
        ("@wrapped\nasync def g(a): pass", "g(1)", False),
        ("async def g(a): pass\ng = f(g)", "g(1)", False),
    ],
)
def test_only_a_coroutine_function_is_called_behind_the_time(
    function: str, call: str, late: bool
) -> None:
    result = _rewrite(f"await wait_for({call}, limit())", f"{HEAD}{function}\n\n\n")
    assert f"{'from_async(g, 1)' if late else f'from_awaitable({call})'}.pipe" in result.after


@pytest.mark.parametrize("call", ["next(x)", "x.__next__()", "x.send(None)", "eval('x()')"])
def test_a_call_that_another_function_cannot_make_is_made_where_it_was(call: str) -> None:
    # A StopIteration does not get out of the coroutine that would make the call.
    assert f"from_awaitable({call})" in _body(_rewrite(f"await wait_for({call}, 3)"))


@pytest.mark.parametrize(
    ("text", "late"),
    [
        ("    def __init__(self):\n        self.t = 1\n", True),
        ("    t: float = 1\n", True),
        (
            "    def __init__(self):\n        self.t = 1\n    def g(self):\n        self.t = 2\n",
            False,
        ),
        ("    def g(self):\n        pass\n", False),
    ],
)
def test_a_setting_is_looked_up_at_any_time(text: str, late: bool) -> None:
    method = "    async def f(self, x):\n        await wait_for(x(), self.t)\n"
    result = rewrite(f"{HEAD}class C:\n{text}{method}", "f.py", SETTINGS)
    assert ("from_async(x)" if late else "from_awaitable(x())") in result.after


def test_a_variable_that_an_inner_function_sets_is_looked_up_in_its_turn() -> None:
    body = "def g():\n    nonlocal limit\n    limit = 2\n    return x()\nawait wait_for(g(), limit)"
    assert "from_awaitable(g())" in _body(_rewrite(body))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("asyncio.create_task({})", "asyncio.create_task(last_value_from({}))"),
        ("return {}", "return last_value_from({})"),
        ("await asyncio.shield({})", "await asyncio.shield(last_value_from({}))"),
    ],
)
def test_a_coroutine_that_is_handed_on_holds_what_it_limits(before: str, after: str) -> None:
    pipeline = "from_awaitable(f(x)).pipe(timeout(1))"
    assert _body(_rewrite(before.format("wait_for(f(x), 1)"))) == after.format(pipeline)


@pytest.mark.parametrize(
    ("operators", "line"),
    [
        ("app._operators", "from app import _operators\n"),
        ("_operators", "import _operators\n"),
    ],
)
def test_where_timeout_is_taken_the_operator_is_called_by_its_module(
    operators: str, line: str
) -> None:
    text = f"{HEAD}async def main(f, timeout=1):\n    await wait_for(f(), timeout)\n"
    settings = Settings(rules=[wait_for.RULE], operators_module=operators)
    after = rewrite(text, "f.py", settings).after
    assert "from_async(f).pipe(_operators.timeout(timeout))" in after
    assert line in after
    assert f"from {operators} import from_async, last_value_from\n" in after


def test_a_timeout_of_another_function_is_in_nobodys_way() -> None:
    result = _rewrite("await wait_for(f(), 1)", f"{HEAD}def other(timeout): pass\n\n\n")
    assert ".pipe(timeout(1))" in result.after


def test_a_function_in_a_thread_is_the_source_itself() -> None:
    text = f"{HEAD}async def main(f):\n    await wait_for(asyncio.to_thread(f), 1)\n"
    settings = Settings(rules=[to_thread.RULE, wait_for.RULE], operators_module="_operators")
    result = rewrite(text, "f.py", settings)
    assert "rx.from_callable(f).pipe(in_thread(), timeout(1))" in result.after
    assert [(site.code, site.outcome) for site in result.sites] == [
        ("RX302", "pipeline"),
        ("RX301", "pipeline"),
    ]
    assert "from_awaitable" not in result.after


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("await wait_for(*x)", "arguments-unclear"),
        ("await wait_for(f(), **x)", "arguments-unclear"),
        ("await wait_for(f())", "arguments-unclear"),
        ("await wait_for(f(), 1, 2)", "arguments-unclear"),
        ("await wait_for(f(), 1, loop=x)", "arguments-unclear"),
        ("await wait_for(f(), fut=x)", "arguments-unclear"),
        ("await wait_for(timeout=x(), fut=f())", "arguments-unclear"),
        ("await wait_for(f(),  # why\n    1)", "comment-in-the-way"),
        ("from_async = 1\nawait wait_for(f(), 1)", "name-conflict"),
        ("x = f\"\"\"{await wait_for(f('''\n'''), 1)}\"\"\"", "inside-f-string"),
    ],
)
def test_what_stays_has_its_reason(body: str, reason: str) -> None:
    result = _rewrite(body)
    assert result.after == result.before
    assert [site.reason for site in result.sites] == [reason]


def test_a_default_is_evaluated_among_the_names_of_its_class() -> None:
    text = "class A:\n    timeout = 3\n    def f(self, x=asyncio.wait_for(g, 1)): ...\n"
    result = rewrite(f"import asyncio\n\n\n{text}", "f.py", SETTINGS)
    assert "x=last_value_from(from_awaitable(g).pipe(_operators.timeout(1)))" in result.after
