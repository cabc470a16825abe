"""RX208, in the small: what a sleep becomes, and which ones stay. Real code is in golden/delay."""

from __future__ import annotations

import pytest

from codemods.rewrite import FileResult, Settings, rewrite
from transforms import delay
from transforms.syntax.constants import number
from transforms.syntax.layout import expression

SETTINGS = Settings(rules=[delay.RULE], operators_module="_operators")


def _rewrite(line: str) -> FileResult:
    text = f"import asyncio\nfrom asyncio import sleep\n\n\nasync def f(d, x):\n    {line}\n"
    return rewrite(text, "f.py", SETTINGS)


def _line(result: FileResult) -> str:
    return result.after.partition("async def f(d, x):\n")[2].removeprefix("    ").rstrip("\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("await asyncio.sleep(1)", "await last_value_from(rx.timer(1))"),
        ("await sleep(d)", "await last_value_from(rx.timer(d))"),
        ("await asyncio.sleep(delay=d)", "await last_value_from(rx.timer(d))"),
        ("await asyncio.sleep(d,)", "await last_value_from(rx.timer(d))"),
        ("await (asyncio.sleep(d))", "await last_value_from(rx.timer(d))"),
        ("(await asyncio.sleep(d))", "(await last_value_from(rx.timer(d)))"),
        ("if x: await sleep(d)", "if x: await last_value_from(rx.timer(d))"),
        ("x(); await sleep(d); x()", "x(); await last_value_from(rx.timer(d)); x()"),
        ("await sleep(d)  # rest", "await last_value_from(rx.timer(d))  # rest"),
        ("await sleep(await x())", "await last_value_from(rx.timer(await x()))"),
        ("await sleep(0 or d)", "await last_value_from(rx.timer(0 or d))"),
    ],
)
def test_a_statement_becomes_a_timer(before: str, after: str) -> None:
    assert _line(_rewrite(before)) == after


@pytest.mark.parametrize(
    ("before", "value"),
    [
        ("return await sleep(d)", "lambda _: None"),
        ("x = await sleep(d)", "lambda _: None"),
        ("x = await sleep(d, True)", "lambda _: True"),
        ("await sleep(d, 'done')", "lambda _: 'done'"),
        ("x = await sleep(d, result=x)", "lambda _, result=x: result"),
        ("x = await sleep(result=x, delay=1)", "lambda _, result=x: result"),
    ],
)
def test_a_value_that_is_used_is_mapped(before: str, value: str) -> None:
    assert f".pipe(ops.map({value}))" in _rewrite(before).after.replace("\n", "")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("asyncio.create_task(asyncio.sleep(1))", "not-awaited"),
        ("await asyncio.gather(sleep(1), sleep(2))", "not-awaited"),
        ("await asyncio.wait_for(sleep(d), 1)", "not-awaited"),
        ("return asyncio.sleep(d)", "not-awaited"),
        ("await asyncio.shield(sleep(d))", "not-awaited"),
        ("await sleep(0)", "sleep-zero"),
        ("await sleep(0.0)", "sleep-zero"),
        ("await sleep(-0)", "sleep-zero"),
        ("await sleep(-1)", "sleep-zero"),
        ("await sleep(False)", "sleep-zero"),
        ("await sleep(2 * (1 - 1))", "sleep-zero"),
        ("await sleep(0, x)", "sleep-zero"),
        ("await sleep(*x)", "arguments-unclear"),
        ("await sleep(d, *x)", "arguments-unclear"),
        ("await sleep(**x)", "arguments-unclear"),
        ("await sleep()", "arguments-unclear"),
        ("await sleep(1, 2, 3)", "arguments-unclear"),
        ("await sleep(d, loop=x)", "arguments-unclear"),
        ("await sleep(d, delay=x)", "arguments-unclear"),
        ("await sleep(result=x(), delay=d)", "arguments-unclear"),
        ("await sleep(  # why\n        d)", "comment-in-the-way"),
    ],
)
def test_what_stays_has_its_reason(line: str, reason: str) -> None:
    result = _rewrite(line)
    assert result.after == result.before
    assert {
        (site.code, site.reason) for site in result.sites if site.primitive.kind == "sleep"
    } == {("RX208", reason)}


def test_a_long_argument_is_broken_as_a_formatter_would() -> None:
    line = "await sleep(min(some_upper_bound_of_waits, initial_wait * 2 ** attempt + random()))"
    assert _line(_rewrite(line)) == (
        "await last_value_from(\n"
        "        rx.timer(min(some_upper_bound_of_waits, initial_wait * 2 ** attempt + random()))\n"
        "    )"
    )


def test_an_f_string_keeps_to_its_line() -> None:
    text = f'x = f"{{await sleep({"+ ".join(["ddddddddd"] * 9)})}}"'
    assert "\n" not in _line(_rewrite(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0x10", 16.0),
        ("1_000", 1000.0),
        ("-(2 - 2.5)", 0.5),
        ("+1 / 4", 0.25),
        ("True * 3", 3.0),
        ("1 / 0", None),
        ("2 ** 3", None),
        ("x - x", None),
        ("1j", None),
        ("not 1", None),
    ],
)
def test_numbers_are_folded(text: str, value: float | None) -> None:
    import libcst

    assert number(expression(text, libcst.Module([]))) == value
