"""RX104, in the small: whose limit changes, and what becomes of it.

Real code is in golden/dynamic_limit.
"""

from __future__ import annotations

import textwrap
from dataclasses import replace

import pytest

from codemods.rewrite import FileResult, Settings, rewrite
from transforms import RULES

EXACT = Settings(
    rules=[rule for rule in RULES if rule.code in ("RX104", "RX201")],
    operators_module="_operators",
    line_length=100,
)
ADAPTED = replace(EXACT, adapted=frozenset({"RX104"}))


def _class(made: str, method: str = "", more: str = "", bases: str = "") -> str:
    body = f"def __init__(self, n):\n{textwrap.indent(made, '    ')}\n"
    if method:
        body += f"def change(self, n):\n{textwrap.indent(method, '    ')}\n"
    return f"import asyncio\n\n\nclass Pool{bases}:\n{textwrap.indent(body, '    ')}\n{more}\n"


MADE = "self._sem = asyncio.Semaphore(n)"
REPLACED = "self._sem = asyncio.Semaphore(n - 1)"
SET = "self._sem._value = n"


def _run(text: str, settings: Settings) -> FileResult:
    return rewrite(text, "f.py", settings)


def _outcomes(result: FileResult) -> set[tuple[str, str, str | None]]:
    return {(site.code, site.outcome, site.reason) for site in result.sites}


def test_a_semaphore_that_is_replaced_is_swapped_everywhere() -> None:
    result = _run(_class(MADE, REPLACED), EXACT)
    assert _outcomes(result) == {("RX104", "drop-in", None)}
    assert "self._sem = dynamic_semaphore(n)" in result.after
    assert "self._sem = dynamic_semaphore(n - 1)" in result.after
    assert all(site.exact for site in result.sites)


def test_permits_are_set_only_where_that_is_wanted() -> None:
    result = _run(_class(MADE, SET), EXACT)
    assert not result.changed
    assert _outcomes(result) == {("RX104", "refused", "adapted-only")}
    result = _run(_class(MADE, SET), ADAPTED)
    assert _outcomes(result) == {("RX104", "pipeline", None)}
    assert not any(site.exact for site in result.sites)


@pytest.mark.parametrize(
    ("method", "emitted"),
    [
        (SET, "self._limit.on_next(n)"),
        (REPLACED, "self._limit.on_next(n - 1)"),
        ("self._sem = asyncio.Semaphore()", "self._limit.on_next(1)"),
        ("self._sem._value += n", "self._limit.on_next(self._limit.value + n)"),
        ("self._sem._value -= n", "self._limit.on_next(self._limit.value - n)"),
        ("self._sem._value -= n - 1", "self._limit.on_next(self._limit.value - (n - 1))"),
        ("if n:\n    self._sem._value = n  # so", "self._limit.on_next(n)  # so"),
    ],
)
def test_what_is_assigned_becomes_the_limit(method: str, emitted: str) -> None:
    result = _run(_class(f"# at first\n{MADE}", method), ADAPTED)
    assert emitted in result.after
    assert (
        "        # at first\n"
        "        self._limit = BehaviorSubject(n)\n"
        "        self._sem = dynamic_semaphore(self._limit)\n"
    ) in result.after
    assert "from reactivex.subject import BehaviorSubject\n" in result.after
    assert "asyncio" not in result.after


@pytest.mark.parametrize(
    ("name", "bases", "subject"),
    [
        ("_upload_semaphore", "", "_upload_limit"),
        ("sem", "", "limit"),
        ("_sem", "(Base)", "_sem_limit"),
        ("_sem", "(object)", "_limit"),
        ("doors", "", "doors_limit"),
    ],
)
def test_name_of_the_subject(name: str, bases: str, subject: str) -> None:
    text = _class(MADE, SET, bases=bases).replace("_sem", name)
    assert f"self.{subject} = BehaviorSubject(n)\n" in _run(text, ADAPTED).after


def test_name_that_is_taken() -> None:
    text = _class(f"self._limit = 7\n{MADE}", SET)
    assert "self._sem_limit = BehaviorSubject(n)\n" in _run(text, ADAPTED).after
    text = _class(f"self._limit = self._sem_limit = 7\n{MADE}", SET)
    assert _outcomes(_run(text, ADAPTED)) == {("RX104", "refused", "name-conflict")}


@pytest.mark.parametrize(
    ("made", "method", "more", "reason"),
    [
        (MADE, f"{SET}\nprint(self._sem._value)", "", "value-read"),
        (MADE, f"{SET}\nsetattr(self._sem, '_value', n)", "", "value-read"),
        (MADE, f"{SET}\nother = self._sem\nother._value = 2", "", "limit-unclear"),
        (MADE, f"{SET}\nself._sem = n", "", "limit-unclear"),
        (f"if n:\n    {MADE}", SET, "", "limit-unclear"),
        (f"{MADE}\n{REPLACED}", SET, "", "limit-unclear"),
        (MADE, "self._sem._value = self.n = n", "", "limit-unclear"),
        (MADE, "self._sem._value *= 2", "", "limit-unclear"),
        (MADE, SET, "def f(pool):\n    pool._sem = asyncio.Semaphore(1)", "limit-unclear"),
        (MADE, f"{SET}\nprint(self._sem)", "", "semaphore-escapes"),
        (MADE, f"{SET}\nself._sem._waiters", "", "private-member"),
        (MADE.replace("Sem", "BoundedSem"), SET, "", "bounded-release"),
        (MADE, SET, "def f(x: asyncio.Semaphore): x = asyncio.Semaphore(1)", "annotations-shared"),
    ],
)
def test_reasons(made: str, method: str, more: str, reason: str) -> None:
    result = _run(_class(made, method, more), ADAPTED)
    assert reason in {site.reason for site in result.sites if site.code == "RX104"}
    assert "BehaviorSubject" not in result.after


def test_what_cannot_be_adapted_is_still_swapped() -> None:
    late = "class Late:\n    def open(self):\n        self._s = asyncio.Semaphore(1)\n"
    late += "    def close(self):\n        self._s = asyncio.Semaphore(2)\n"
    result = _run(f"import asyncio\n\n\n{late}", ADAPTED)
    assert _outcomes(result) == {("RX104", "drop-in", None)}
    assert all(site.exact for site in result.sites)


def test_same_name_in_two_classes_is_nothing_dynamic() -> None:
    text = _class(MADE) + _class(MADE).partition("\n\n\n")[2].replace("Pool", "Second")
    assert _outcomes(_run(text, ADAPTED)) == {("RX201", "drop-in", None)}


def test_a_variable_of_the_module() -> None:
    text = "import asyncio\n\nGATE = asyncio.Semaphore(3)\n\n\ndef f(n):\n    GATE._value = n\n"
    after = _run(text, ADAPTED).after
    assert "GATE_limit = BehaviorSubject(3)\nGATE = dynamic_semaphore(GATE_limit)\n" in after
    assert "    GATE_limit.on_next(n)\n" in after
