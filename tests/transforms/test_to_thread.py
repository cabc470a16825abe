"""RX301, in the small: what a job in a thread becomes, and which ones stay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from codemods.rewrite import FileResult, Settings, rewrite
from transforms import RULES, to_thread

SETTINGS = Settings(rules=[to_thread.RULE], operators_module="_operators", line_length=200)
HEAD = "import asyncio\nfrom asyncio import to_thread\n\n\n"


def _rewrite(body: str, settings: Settings = SETTINGS) -> FileResult:
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    return rewrite(f"{HEAD}async def main(f, x, loop, self):\n{indented}", "f.py", settings)


def _body(result: FileResult) -> str:
    lines = result.after.partition("async def main(f, x, loop, self):\n")[2].splitlines()
    return "\n".join(line.removeprefix("    ") for line in lines)


def _reasons(result: FileResult) -> list[str | None]:
    return [site.reason for site in result.sites if site.code == "RX301"]


@pytest.mark.parametrize(
    ("before", "supplier"),
    [
        ("await asyncio.to_thread(f)", "f"),
        ("await to_thread(f,)", "f"),
        ("await (to_thread(f))", "f"),
        ("await to_thread(f, x)", "partial(f, x)"),
        ("await to_thread(f, *x)", "partial(f, *x)"),
        ("await to_thread(f, x, key=1, **x)", "partial(f, x, key=1, **x)"),
        ("await to_thread(f, func=x)", "partial(f, func=x)"),
        ("await to_thread(self.f.g, await x())", "partial(self.f.g, await x())"),
        ("await to_thread(lambda: f(x))", "lambda: f(x)"),
        ("await to_thread((yield))", "(yield)"),
        ("await to_thread(f if x else x, 1)", "partial(f if x else x, 1)"),
        ("await to_thread(list, (y for y in x))", "partial(list, (y for y in x))"),
    ],
)
def test_a_job_becomes_a_source(before: str, supplier: str) -> None:
    expected = f"await last_value_from(rx.from_callable({supplier}).pipe(in_thread()))"
    assert _body(_rewrite(before)) == expected


@pytest.mark.parametrize(
    ("before", "supplier", "operator"),
    [
        ("await asyncio.get_running_loop().run_in_executor(None, f)", "f", "in_executor()"),
        ("await asyncio.get_event_loop().run_in_executor(None, f, *x)", "partial(f, *x)", ""),
        ("await loop.run_in_executor(None, f)", "f", "in_executor(loop=loop)"),
        ("await loop.run_in_executor(executor=None, func=f)", "f", "in_executor(loop=loop)"),
        ("await self._loop.run_in_executor(None, f)", "f", "in_executor(loop=self._loop)"),
        ("await x.get_loop().run_in_executor(None, f)", "f", "in_executor(loop=x.get_loop())"),
    ],
)
def test_an_executor_of_a_loop(before: str, supplier: str, operator: str) -> None:
    pipeline = f"rx.from_callable({supplier}).pipe({operator or 'in_executor()'})"
    assert _body(_rewrite(before)) == f"await last_value_from({pipeline})"


RUN = "await last_value_from(rx.from_callable(f).pipe(in_executor()))"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("near = asyncio.get_running_loop()\nawait near.run_in_executor(None, f)", RUN),
        (
            "near: object = asyncio.get_event_loop()\nx = 1\nawait near.run_in_executor(None, f)",
            f"x = 1\n{RUN}",
        ),
        (
            "for f in x:\n    near = asyncio.get_running_loop()\n"
            "    await near.run_in_executor(None, f)",
            f"for f in x:\n    {RUN}",
        ),
        (
            "if x:\n    loop = asyncio.get_running_loop()\nawait loop.run_in_executor(None, f)",
            "if x:\n    loop = asyncio.get_running_loop()\n"
            + RUN.replace("in_executor()", "in_executor(loop=loop)"),
        ),
        (
            "near = asyncio.get_running_loop()\nnear.stop()\nawait near.run_in_executor(None, f)",
            f"near = asyncio.get_running_loop()\nnear.stop()\n{RUN}",
        ),
        (
            "near = asyncio.get_running_loop()  # noqa\nawait near.run_in_executor(None, f)",
            f"near = asyncio.get_running_loop()  # noqa\n{RUN}",
        ),
        (
            "near = asyncio.get_running_loop()\nawait near.run_in_executor(None, f)\nlocals()",
            f"near = asyncio.get_running_loop()\n{RUN}\nlocals()",
        ),
    ],
)
def test_the_line_that_gets_the_loop_goes_if_nothing_needs_it(before: str, after: str) -> None:
    assert _body(_rewrite(before)) == after


def test_the_line_stays_for_a_call_that_stays() -> None:
    body = (
        "near = asyncio.get_running_loop()\n"
        "await near.run_in_executor(None, f)\n"
        "x = near.run_in_executor(None, f)"
    )
    result = _rewrite(body)
    assert "near = asyncio.get_running_loop()\n" in result.after
    assert _reasons(result) == [None, "not-awaited"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("await to_thread(*x)", "arguments-unclear"),
        ("await to_thread()", "arguments-unclear"),
        ("await to_thread(func=f)", "arguments-unclear"),
        ("await loop.run_in_executor(None, *x)", "arguments-unclear"),
        ("await loop.run_in_executor(None, f, key=x)", "arguments-unclear"),
        ("await x.run_in_executor(None, f)", "loop-unknown"),
        ("await self.run_in_executor(None, f)", "loop-unknown"),
        ("await IOLoop.current().run_in_executor(None, f)", "loop-unknown"),
        ("await x.get_loop().run_in_executor(None, f, x())", "loop-unknown"),
        ("await self.loop.run_in_executor(None, f, await x())", "awaits-in-arguments"),
        ("loop.run_in_executor(None, f)", "not-awaited"),
        ("x = lambda: loop.run_in_executor(None, f)", "not-awaited"),
        ("await asyncio.shield(loop.run_in_executor(None, f))", "not-awaited"),
        ("await to_thread(f, x(  # why\n    1))", "comment-in-the-way"),
    ],
)
def test_what_stays_has_its_reason(body: str, reason: str) -> None:
    result = _rewrite(body)
    assert result.after == result.before
    assert _reasons(result) == [reason]


@pytest.mark.parametrize(
    ("body", "name"),
    [("partial = 1\nawait to_thread(f, x)", "partial"), ("rx = 1\nawait to_thread(f)", "rx")],
)
def test_a_name_that_is_taken(body: str, name: str) -> None:
    result = _rewrite(body)
    assert result.after == result.before
    assert [(site.reason, site.detail) for site in result.sites] == [("name-conflict", name)]


def test_partial_is_called_as_the_file_calls_it() -> None:
    for line, name in [
        ("import functools", "functools.partial"),
        ("import os, functools", "functools.partial"),
        ("import functools as ft", "partial"),
        ("from functools import partial", "partial"),
    ]:
        text = (
            f"import asyncio\n{line}\n\n\nasync def main(f):\n    await asyncio.to_thread(f, 1)\n"
        )
        after = rewrite(text, "f.py", SETTINGS).after
        assert f"rx.from_callable({name}(f, 1))" in after
        assert after.count("from functools import partial") == (name == "partial")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("asyncio.create_task(to_thread(f))", "asyncio.create_task(last_value_from({}))"),
        ("return to_thread(f)", "return last_value_from({})"),
        ("x = [to_thread(f)]", "x = [last_value_from({})]"),
    ],
)
def test_a_coroutine_that_is_handed_on_is_one_still(before: str, after: str) -> None:
    pipeline = "rx.from_callable(f).pipe(in_thread())"
    assert _body(_rewrite(before)) == after.format(pipeline)


def test_jobs_of_a_fan_out_are_sources_of_it() -> None:
    settings = Settings(rules=RULES, operators_module="_operators", line_length=200)
    result = _rewrite("return await asyncio.gather(*[to_thread(f, y) for y in x])", settings)
    assert _body(result) == (
        "return await last_value_from(rx.from_iterable(x).pipe("
        "flat_map(lambda y: rx.from_callable(partial(f, y)).pipe(in_thread())), ops.to_list()))"
    )
    assert [(site.code, site.outcome) for site in result.sites] == [
        ("RX202", "pipeline"),
        ("RX301", "pipeline"),
    ]


def test_jobs_that_became_coroutines_before_their_fan_out_are_sources_of_it() -> None:
    body = (
        "x = await asyncio.gather(*[to_thread(f, y) for y in x])\n"
        "await asyncio.gather(to_thread(f, 1), asyncio.wait_for(f(), 2), loop)"
    )
    by_itself = [rule for rule in RULES if rule.code in ("RX301", "RX302")]
    afterwards = [rule for rule in RULES if rule not in by_itself]
    first, then = (
        Settings(rules=rules, operators_module="_operators", line_length=200)
        for rules in (by_itself, afterwards)
    )
    result = rewrite(_rewrite(body, first).after, "f.py", then)
    assert _body(result) == (
        "x = await last_value_from(rx.from_iterable(x).pipe("
        "flat_map(lambda y: rx.from_callable(partial(f, y)).pipe(in_thread())), ops.to_list()))\n"
        "await last_value_from(fork_join(rx.from_callable(partial(f, 1)).pipe(in_thread()), "
        "from_awaitable(f()).pipe(timeout(2)), loop))"
    )


@pytest.mark.parametrize("indent", ["    ", "\t"])
def test_strings_of_several_lines_are_left_alone_wherever_they_stand(indent: str) -> None:
    string = '"""one\n  two"""'
    lines = ("async def main(f):", f"{indent}f(", f"{indent * 2}await to_thread(f, {string}),")
    text = HEAD + "\n".join([*lines, f"{indent})", ""])
    after = rewrite(text, "f.py", SETTINGS).after
    assert string in after
    assert f"\n{indent * 2}await last_value_from(\n{indent * 3}rx.from_callable(\n" in after


def test_comments_stay_beside_their_arguments() -> None:
    body = "await to_thread(  # slow\n    f,  # the function\n    # why\n    x,\n    # the end\n)"
    assert _body(_rewrite(body)) == (
        "await last_value_from(\n"
        "    rx.from_callable(\n"
        "        partial(  # slow\n"
        "            f,  # the function\n"
        "            # why\n"
        "            x,\n"
        "            # the end\n"
        "        )\n"
        "    ).pipe(in_thread())\n"
        ")"
    )


def test_two_jobs_in_one_line_that_has_to_be_broken() -> None:
    settings = Settings(rules=[to_thread.RULE], operators_module="_operators", line_length=66)
    result = _rewrite("x = max(await to_thread(f, x), await to_thread(self, f))", settings)
    assert _body(result) == (
        "x = max(\n"
        "    await last_value_from(\n"
        "        rx.from_callable(partial(f, x)).pipe(in_thread())\n"
        "    ),\n"
        "    await last_value_from(\n"
        "        rx.from_callable(partial(self, f)).pipe(in_thread())\n"
        "    ),\n"
        ")"
    )
    assert _reasons(result) == [None, None]


@pytest.mark.parametrize(
    "body",
    [
        "return (await asyncio.wait_for(asyncio.to_thread(f), 3)).name",
        "return (await asyncio.gather(asyncio.to_thread(f), x()))[0]",
        "return (await asyncio.gather(*[asyncio.to_thread(f, y) for y in x]))[0]",
        "await asyncio.wait_for(x(1 + await asyncio.wait_for(asyncio.to_thread(f), 3)), 5)",
        "await asyncio.gather(x([1, await asyncio.gather(to_thread(f), x())][0]), x())",
    ],
)
def test_it_is_made_in_a_pipeline_around_which_anything_may_stand(body: str) -> None:
    result = _rewrite(body, replace(SETTINGS, rules=RULES))
    assert _reasons(result) == [None]
    assert "to_thread" not in _body(result)
    assert "in_thread()" in _body(result)
