"""RX205, in the small: which waves are chained, how the chain reads, and what stays as it is."""

from __future__ import annotations

from functools import cache
from textwrap import indent

import pytest

from codemods.rewrite import FileResult, Settings, rewrite
from transforms import checkpoint, gather_fan_out, wave_chain

RULES = (wave_chain.RULE, checkpoint.RULE, gather_fan_out.RULE)
SETTINGS = Settings(rules=RULES, operators_module="_operators", line_length=100)


def _function(body: str, head: str = "async def run(c, a, *, b=0):") -> str:
    return f"import asyncio\n\n\n{head}\n{indent(body, '    ')}"


@cache
def _rewrite(text: str) -> FileResult:
    result = rewrite(text, "f.py", SETTINGS)
    compile(result.after, "f.py", "exec", dont_inherit=True)
    assert rewrite(result.after, "f.py", SETTINGS).after == result.after
    return result


def _after(body: str) -> str:
    """What becomes of a function's body."""
    result = _rewrite(_function(body))
    assert {site.outcome for site in result.sites} == {"pipeline"}
    lines = result.after.split("async def run(c, a, *, b=0):\n")[1].splitlines(keepends=True)
    return "".join(line.removeprefix("    ") for line in lines)


def _reasons(text: str) -> set[str | None]:
    result = _rewrite(text)
    reasons = {site.reason for site in result.sites if site.code == "RX205"}
    assert reasons, "no waves"
    assert None in reasons or result.after == text
    return reasons


# --- what it emits -------------------------------------------------------------------------


def test_waves_with_nothing_between_are_one_expression() -> None:
    assert _after("wave1 = await c.first(a)\nwave2 = await c.second(wave1)\nreturn wave2\n") == (
        "wave2 = await last_value_from(\n"
        "    from_async(c.first, a).pipe(concat_map(lambda wave1: from_async(c.second, wave1)))\n"
        ")\n"
        "return wave2\n"
    )


def test_a_function_that_is_settled_is_named() -> None:
    assert "concat_map(a)" in _after("wave1 = await c.first()\nwave2 = await a(wave1)\n")


def test_a_function_that_may_change_is_called_late() -> None:
    body = "if b:\n    a = c.other\nwave1 = await c.first()\nwave2 = await a(wave1)\n"
    assert "concat_map(lambda wave1: from_async(a, wave1))" in _after(body)


def test_statements_between_move_into_a_step() -> None:
    body = (
        "wave1 = await c.first(a)\n"
        "if not wave1:\n"
        "    raise ValueError(a)\n"
        "rest = wave1[b:]  # the others\n"
        "wave2 = await c.second(rest)\n"
        "return wave2\n"
    )
    assert _after(body) == (
        "wave1_source = from_async(c.first, a)\n"
        "\n"
        "def run_wave2(wave1):\n"
        "    if not wave1:\n"
        "        raise ValueError(a)\n"
        "    rest = wave1[b:]  # the others\n"
        "    return from_async(c.second, rest)\n"
        "\n"
        "wave2 = await last_value_from(wave1_source.pipe(concat_map(run_wave2)))\n"
        "return wave2\n"
    )


def test_an_early_return_ends_the_chain_with_its_value() -> None:
    body = (
        "wave1 = await c.first(a)\n"
        "if not wave1:\n"
        "    await c.tell()\n"
        "    return None, a\n"
        "wave2 = await c.second(wave1)\n"
        "return wave1, wave2\n"
    )
    assert _after(body) == (
        "wave1_source = from_async(c.first, a)\n"
        "\n"
        "async def run_wave2(wave1):\n"
        "    if not wave1:\n"
        "        await c.tell()\n"
        "        return rx.of((None, a))\n"
        "    wave2 = await c.second(wave1)\n"
        "    return rx.of((wave1, wave2))\n"
        "\n"
        "return await last_value_from(wave1_source.pipe(concat_map(run_wave2)))\n"
    )


def test_a_function_without_a_value_awaits_the_chain() -> None:
    body = (
        "wave1 = await c.first(a)\n"
        "if not wave1:\n"
        "    return\n"
        "wave2 = await c.second(wave1)\n"
        "c.show(wave1, wave2)\n"
    )
    after = _after(body)
    assert after.endswith("\nawait last_value_from(wave1_source.pipe(concat_map(run_wave2)))\n")
    assert "        return\n" in after


def test_falling_off_the_end_gives_none() -> None:
    body = (
        "wave1 = await c.first(a)\n"
        "if not wave1:\n"
        "    return a\n"
        "wave2 = await c.second(wave1)\n"
        "c.show(wave1, wave2)\n"
    )
    assert "    c.show(wave1, wave2)\n    return rx.of(None)\n" in _after(body)


def test_a_returned_wave_is_the_result() -> None:
    body = "wave1 = await c.first(a)\nreturn await c.wave2(wave1)\n"
    assert _after(body).startswith("return await last_value_from(\n    from_async(c.first, a)")


def test_a_counter_of_the_function_is_one_variable() -> None:
    body = (
        "count = 0\n"
        "wave1 = await c.first(a)\n"
        "count += len(wave1)\n"
        "wave2 = await c.second(wave1)\n"
        "return count, wave2\n"
    )
    assert "    nonlocal count\n    count += len(wave1)\n" in _after(body)


def test_a_loop_variable_that_nobody_reads_elsewhere_is_the_steps_own() -> None:
    body = (
        "for row in a:\n"
        "    c.show(row)\n"
        "wave1 = await c.first(a)\n"
        "for row in wave1:\n"
        "    c.show(row)\n"
        "wave2 = await c.second(wave1)\n"
        "for row in wave2:\n"
        "    c.show(row)\n"
    )
    assert "nonlocal" not in _after(body)


def test_a_gather_gives_its_pipeline_to_the_chain() -> None:
    body = (
        "# all of them\n"
        "wave1 = await asyncio.gather(*[c.first(each) for each in a])  # at once\n"
        "wave2 = await asyncio.gather(*[c.second(each, b) for each in wave1])\n"
        "return wave2\n"
    )
    assert _after(body) == (
        "# all of them\n"
        "wave1_source = rx.from_iterable(a).pipe(\n"
        "    flat_map(lambda each: c.first(each)), ops.to_list()\n"
        ")  # at once\n"
        "\n"
        "def run_wave2(wave1):\n"
        "    return rx.from_iterable(wave1).pipe("
        "flat_map(lambda each: c.second(each, b)), ops.to_list())\n"
        "\n"
        "wave2 = await last_value_from(wave1_source.pipe(concat_map(run_wave2)))\n"
        "return wave2\n"
    )


def test_a_gather_that_stays_is_called_in_a_lambda() -> None:
    text = _function(
        "wave1 = await asyncio.gather(c.first(a), c.first(b))\n"
        "wave2 = await c.second(wave1)\n"
        "return wave2\n"
    )
    after = _rewrite(text).after
    assert "from_async(lambda: asyncio.gather(c.first(a), c.first(b)))" in after
    assert "import asyncio\n" in after


def test_what_lives_no_longer_than_the_call_is_made_in_it() -> None:
    body = "wave1 = await c.first(open(a))\nwave2 = await c.second(wave1)\nreturn wave2\n"
    assert "from_async(lambda: c.first(open(a)))" in _after(body)


def test_annotations_follow_where_they_are_not_evaluated() -> None:
    text = (
        "from __future__ import annotations\n"
        "\n"
        "\n"
        "async def first(a: int) -> list[str]: ...\n"
        "\n"
        "\n"
        "async def run(c, a) -> tuple[int, dict[str, int]]:\n"
        "    wave1 = await first(a)\n"
        "    wave2: dict[str, int] = await c.second(wave1)\n"
        "    return len(wave1), wave2\n"
    )
    signature = (
        "async def run_wave2(wave1: list[str]) -> rx.Observable[tuple[int, dict[str, int]]]:"
    )
    assert signature in _rewrite(text).after


def test_lines_that_no_longer_fit_are_broken_anew() -> None:
    long = ", ".join(f"argument_number_{number}=a" for number in range(4))
    body = f"wave1 = await c.first(a)\nc.show_all({long})\nwave2 = await c.second(wave1)\n"
    text = _function(body, head="async def run(c, a):")
    narrow = Settings(rules=RULES, operators_module="_operators", line_length=100)
    assert all(len(line) <= 100 for line in rewrite(text, "f.py", narrow).after.splitlines())


def test_three_waves_stand_side_by_side_where_each_needs_only_the_one_before() -> None:
    body = (
        "pass1 = await c.first(a)\n"
        "pass2 = await c.second(pass1)\n"
        "pass3 = await c.third(pass2)\n"
        "return pass3\n"
    )
    after = _after(body)
    assert after.count("concat_map(") == 2
    assert "def " not in after


def test_three_waves_are_nested_where_the_first_is_needed_at_the_end() -> None:
    body = (
        "pass1 = await c.first(a)\n"
        "pass2 = await c.second(pass1)\n"
        "pass3 = await c.third(pass2)\n"
        "return pass1, pass3\n"
    )
    after = _after(body)
    assert after.index("def run_pass2(pass1)") < after.index("    async def run_pass3(pass2)")


# --- what stays ----------------------------------------------------------------------------

WAVES = "wave1 = await c.first(a)\nwave2 = await c.second(wave1)\n"
BETWEEN = "wave1 = await c.first(a)\n{}\nwave2 = await c.second(wave1, b)\n{}\n"
REFUSED = {
    "a wave is unpacked": (
        "wave1, x = await c.f(a)\nwave2 = await c.g(wave1)\n",
        "wave-not-assigned",
    ),
    "two targets": ("wave1 = x = await c.f(a)\nwave2 = await c.g(wave1)\n", "wave-not-assigned"),
    "shares its line": (
        "wave1 = await c.f(a); c.g()\nwave2 = await c.g(wave1)\n",
        "wave-not-assigned",
    ),
    "assigned twice": (WAVES + "wave1 = await c.first(a)\n", "wave-not-assigned"),
    "one in try": (
        "try:\n    wave1 = await c.f(a)\nfinally:\n    c.g()\nwave2 = await c.g(wave1)\n",
        "waves-apart",
    ),
    "in a loop": (f"for x in a:\n{indent(WAVES, '    ')}", "wave-in-loop"),
    "in an async loop": (f"async for x in a:\n{indent(WAVES, '    ')}", "wave-in-loop"),
    "in a handler": (
        f"try:\n    c.f()\nexcept OSError:\n{indent(WAVES, '    ')}",
        "wave-in-handler",
    ),
    "in finally": (f"try:\n    c.f()\nfinally:\n{indent(WAVES, '    ')}", "wave-in-handler"),
    "the function yields": (WAVES + "yield wave2\n", "wave-in-generator"),
    "two chains": (WAVES + WAVES.replace("wave", "step"), "another-chain-here"),
    "locals": (WAVES + "return locals()\n", "frame-matters"),
    "super": (BETWEEN.format("b = super().x", ""), "frame-matters"),
    "eval": (BETWEEN.format("b = eval(a)", ""), "frame-matters"),
    "stacklevel": (BETWEEN.format("c.warn('x', stacklevel=2)", ""), "frame-matters"),
    "awaits in gather": (
        "wave1 = await asyncio.wait_for(c.f(await c.g()), 1)\nwave2 = await c.second(wave1)\n",
        "awaits-in-arguments",
    ),
    "global": ("global G\n" + BETWEEN.format("G = 1", ""), "variables-shared"),
    "annotated and shared": (
        "n: int = 0\n" + BETWEEN.format("n: int = n + 1", "return n"),
        "variables-shared",
    ),
    "read by a function above": (
        "c.on(lambda: n)\n" + BETWEEN.format("n = 1", ""),
        "variables-shared",
    ),
    "wave read by a function above": ("c.on(lambda: wave1)\n" + WAVES, "variables-shared"),
    "read by a handler": (
        "try:\n" + indent(BETWEEN.format("n = 1", ""), "    ") + "except OSError:\n    c.f(n)\n",
        "variables-shared",
    ),
    "bound in one branch": (
        "if a:\n    b = n = 1\n" + BETWEEN.format("b = n", ""),
        "variable-unbound",
    ),
    "bound in a loop": (
        "for n in a:\n    pass\n" + BETWEEN.format("b = n", ""),
        "variable-unbound",
    ),
    "bound in a with": ("with a:\n    n = 1\n" + BETWEEN.format("b = n", ""), "variable-unbound"),
    "deleted, then read": (
        "n = 1\n" + BETWEEN.format("del n", "return n"),
        "variable-unbound",
    ),
    "a return inside a block": (
        "if a:\n" + indent(BETWEEN.format("if b:\n    return 1", ""), "    ") + "return 2\n",
        "return-between-waves",
    ),
    "a task in a block": (
        "if a:\n" + indent(BETWEEN.format("x = asyncio.create_task(c.f())", ""), "    "),
        "value-kept-alive",
    ),
    "a session in a block": (
        "if a:\n    wave1 = await c.open_session()\n    wave2 = await c.second(wave1)\n",
        "value-kept-alive",
    ),
}


@pytest.mark.parametrize(("body", "reason"), REFUSED.values(), ids=REFUSED)
def test_left_alone(body: str, reason: str) -> None:
    assert _reasons(_function(body)) == {reason}


@pytest.mark.parametrize("module", ["anyio", "trio", "twisted.internet.defer"])
def test_left_alone_where_asyncio_is_not_sure(module: str) -> None:
    assert _reasons(f"import {module}\n" + _function(WAVES)) == {"other-event-loop"}


def test_left_alone_on_the_line_of_the_def() -> None:
    text = "async def run(c): wave1 = await c.f(); wave2 = await c.g(wave1)\n"
    assert _reasons(text) == {"wave-not-assigned"}


NO_WAVES = {
    "nothing handed on": "wave1 = await c.f(a)\nwave2 = await c.g(a)\n",
    "other words": "wave1 = await c.f(a)\nphase2 = await c.g(wave1)\n",
    "not awaited": "wave1 = c.f(a)\nwave2 = c.g(wave1)\n",
    "a gap": "wave1 = await c.f(a)\nwave3 = await c.g(wave1)\n",
}


@pytest.mark.parametrize("body", NO_WAVES.values(), ids=NO_WAVES)
def test_no_waves_at_all(body: str) -> None:
    assert _rewrite(_function(body)).sites == ()


HANDED_ON = {
    "filled list": "found = []\nfor row in wave1:\n    found.append(row)\n",
    "filled dict": "found = {}\nfor row in wave1:\n    found[row.id] = row\n",
    "filtered": "found = [row for row in wave1 if row]\n",
    "computed twice": "best = max(wave1)\nfound = best.name\n",
    "unpacked": "found, _ = wave1\n",
}


@pytest.mark.parametrize("between", HANDED_ON.values(), ids=HANDED_ON)
def test_waves_that_are_linked_by_what_is_computed(between: str) -> None:
    body = f"wave1 = await c.f(a)\n{between}wave2 = await c.g(found)\nreturn wave2\n"
    assert _reasons(_function(body)) == {None}
