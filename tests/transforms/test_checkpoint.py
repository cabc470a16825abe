"""RX206, in the small: which writes become stages, in which form, and which stay where they are."""

from __future__ import annotations

from functools import cache
from textwrap import indent

import pytest

from codemods.rewrite import FileResult, Settings, rewrite
from transforms import checkpoint, gather_fan_out, wave_chain

RULES = (wave_chain.RULE, checkpoint.RULE, gather_fan_out.RULE)


@cache
def _rewrite(between: str, behind: str = "", rules: tuple = RULES) -> FileResult:  # type: ignore[type-arg]
    body = f"wave1 = await c.first(a)\n{between}wave2 = await c.second(wave1)\n{behind}"
    text = f"class C:\n    async def run(self, c, a):\n{indent(body, ' ' * 8)}"
    text += "\n    async def _save(self, rows): ...\n"
    settings = Settings(rules=rules, operators_module="_operators", line_length=100)
    result = rewrite(text, "f.py", settings)
    compile(result.after, "f.py", "exec", dont_inherit=True)
    return result


def _outcomes(result: FileResult) -> list[tuple[str, str | None]]:
    return [(s.outcome, s.reason) for s in result.sites if s.primitive.kind == "checkpoint"]


def _after(between: str, behind: str = "") -> str:
    result = _rewrite(between, behind)
    assert {site.outcome for site in result.sites} == {"pipeline"}
    return result.after


# --- what it emits -------------------------------------------------------------------------


def test_a_short_write_is_a_lambda() -> None:
    after = _after("await c.save(wave1)\n")
    assert "do_action(lambda wave1: c.save(wave1))" in after


def test_a_write_that_needs_no_result_says_so() -> None:
    assert "do_action(lambda _: c.save(a))" in _after("await c.save(a)\n")


def test_an_own_method_is_named() -> None:
    assert "do_action(self._save)" in _after("await self._save(wave1)\n")


def test_a_write_with_a_comment_is_a_function() -> None:
    after = _after("# so that it can go on\nawait c.save(wave1)  # slow\n")
    assert (
        "        async def save(wave1):\n"
        "            # so that it can go on\n"
        "            await c.save(wave1)  # slow\n"
    ) in after


def test_a_write_that_awaits_its_arguments_is_a_function() -> None:
    assert "await c.save(await c.size())" in _after("await c.save(await c.size())\n")


def test_what_only_the_write_needs_goes_along() -> None:
    after = _after("size = len(wave1)\nc.log(size)\nawait c.save(size)\n")
    assert (
        "        async def save(wave1):\n"
        "            size = len(wave1)\n"
        "            c.log(size)\n"
        "            await c.save(size)\n"
    ) in after


def test_what_others_need_stands_around() -> None:
    after = _after("size = len(wave1)\nawait c.save(size)\n", "return size, wave2\n")
    assert "def after_wave1(wave1):\n            size = len(wave1)\n" in after
    assert "return rx.of(wave1).pipe(do_action(lambda _: c.save(size)), concat_map(" in after


def test_a_guard_stands_in_front_of_the_write() -> None:
    after = _after("if not wave1:\n    return\nawait c.save(wave1)\n")
    assert after.index("return rx.of(None)") < after.index("do_action(lambda wave1")


def test_writes_keep_their_order() -> None:
    after = _after("await c.save(wave1)\nawait c.flush()\n")
    assert after.index("c.save") < after.index("c.flush") < after.index("c.second")


def test_a_name_that_is_taken_gives_way() -> None:
    between = "size = 1\nc.log(size)\nawait save(wave1, size)\n"
    assert "async def save_after_wave1(wave1):" in _after(between)


def test_underscore_keeps_its_meaning() -> None:
    assert "do_action(lambda _ignored: c.save(_(a)))" in _after("await c.save(_(a))\n")


# --- what stays ----------------------------------------------------------------------------

REFUSED = {
    "shares its line": ("await c.save(a); c.log()\n", "shape-not-recognised"),
    "assigns": ("await c.save(n := len(wave1))\n", "shape-not-recognised"),
    "a value would go": (
        "tmp = c.make_directory()\npath = tmp.name\nawait c.save(path)\n",
        "value-kept-alive",
    ),
}


@pytest.mark.parametrize(("between", "reason"), REFUSED.values(), ids=REFUSED)
def test_left_in_its_step(between: str, reason: str) -> None:
    result = _rewrite(between)
    assert _outcomes(result) == [("refused", reason)]
    assert "do_action" not in result.after
    assert "concat_map" in result.after


def test_left_alone_without_its_chain() -> None:
    result = _rewrite("await c.save(wave1)\n", "return locals()\n")
    assert _outcomes(result) == [("refused", "companion-refused")]
    assert not result.changed


def test_left_alone_if_only_the_writes_are_selected() -> None:
    result = _rewrite("await c.save(wave1)\n", rules=(checkpoint.RULE,))
    assert _outcomes(result) == [("refused", "companion-refused")]
    assert not result.changed


def test_left_alone_if_only_the_waves_are_selected() -> None:
    result = _rewrite("await c.save(wave1)\n", rules=(wave_chain.RULE,))
    assert [outcome for outcome, _ in _outcomes(result)] == ["refused"]
    assert "            await c.save(wave1)\n" in result.after


def test_left_alone_if_it_is_suppressed() -> None:
    result = _rewrite("await c.save(wave1)  # codemods: skip\n")
    assert _outcomes(result) == [("suppressed", None)]
    assert "            await c.save(wave1)  # codemods: skip\n" in result.after


NO_WRITES = {
    "its result is used": "done = await c.save(wave1)\n",
    "not awaited": "c.save(wave1)\n",
    "in a branch": "if a:\n    await c.save(wave1)\n",
    "no write": "await c.sleep(wave1)\n",
}


@pytest.mark.parametrize("between", NO_WRITES.values(), ids=NO_WRITES)
def test_no_write_between_waves(between: str) -> None:
    assert _outcomes(_rewrite(between)) == []


def test_a_write_behind_the_last_wave_is_none() -> None:
    assert _outcomes(_rewrite("", "await c.save(wave2)\n")) == []
