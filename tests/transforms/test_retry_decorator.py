"""RX303, in the small: options one by one, what names mean, and what is left alone."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from codemods.rewrite import FileResult, Settings, rewrite
from transforms import retry_decorator
from transforms.syntax.elsewhere import Elsewhere
from transforms.syntax.foreign import foreign_uses
from transforms.syntax.sharing import shared_names

SETTINGS = Settings(rules=[retry_decorator.RULE], operators_module="pkg._operators", line_length=88)


@cache
def _rewrite(text: str) -> FileResult:
    return rewrite(text, "f.py", SETTINGS)


def _policy(options: str, *, before: str = "", kind: str = "async def") -> str:
    """What becomes of ``@t.retry(options)``: the policy's text, or the refusal."""
    text = f"import tenacity as t\n{before}\n@t.retry({options})\n{kind} f(x):\n    pass\n"
    result = _rewrite(text)
    (site,) = result.sites
    if site.reason is not None:
        assert not result.changed
        return f"{site.reason}: {site.detail}"
    found = "".join(line.strip() for line in result.after.partition("@retry_when(")[2].split("\n"))
    return found.partition(")async def")[0].partition(")def")[0]


# --- options -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", ""),
        ("stop=t.stop_never", "stop=stop_never"),
        ("stop=t.stop_never, reraise=x", "stop=stop_never, reraise=x"),
        (
            "reraise=True, stop=t.stop_after_attempt(max_attempt_number=3)",
            "reraise=True, stop=stop_after_attempt(attempts=3)",
        ),
        ("wait=t.wait_none()", "wait=wait_fixed(0)"),
        ("wait=t.wait_full_jitter(1, 2)", "wait=wait_random_exponential(1, 2)"),
        (
            "wait=t.wait_exponential_jitter(multiplier=2, max=9)",
            "wait=wait_exponential_jitter(initial=2, maximum=9)",
        ),
        (
            "wait=t.wait_random(max=2) + t.wait_fixed(1) + t.wait_fixed(2)",
            "wait=wait_combine(wait_random(maximum=2), wait_fixed(1), wait_fixed(2))",
        ),
        (
            "wait=t.wait_fixed(1) + (t.wait_fixed(2) + t.wait_fixed(3))",
            "wait=wait_combine(wait_fixed(1), wait_combine(wait_fixed(2), wait_fixed(3)))",
        ),
        (
            "wait=t.wait_fixed(1) if x else t.wait_none()",
            "wait=wait_fixed(1) if x else wait_fixed(0)",
        ),
        (
            "retry=t.retry_if_exception_type(A) & t.retry_if_exception(p) | t.retry_if_result(q)",
            "retry=any_of(all_of(retry_if_exception_type(A), retry_if_exception(p)),"
            "retry_if_result(q),)",
        ),
        (
            "retry=t.retry_any(t.retry_if_exception_message('x'), t.retry_all())",
            "retry=any_of(retry_if_exception_message('x'), all_of())",
        ),
        ("before=t.before_nothing, after=None", "before=None, after=None"),
        ("retry=t.retry_always", "option-untranslated: retry_always"),
        (
            "retry=t.retry_unless_exception_type()",
            "option-untranslated: retry_unless_exception_type",
        ),
        ("stop=t.stop_when_event_set(x)", "option-untranslated: stop_when_event_set"),
        ("stop=t.wait_fixed(3)", "option-untranslated: wait_fixed"),
        ("wait=t.wait_exception(x)", "option-untranslated: wait_exception"),
        ("wait=None", "option-untranslated: wait=None"),
        ("wait=0", "option-unclear: wait=0"),
        ("wait=t.wait_fixed(*x)", "arguments-unclear: t.wait_fixed(*x)"),
        ("wait=t.wait_fixed(seconds=1)", "arguments-unclear: t.wait_fixed(seconds=1)"),
        (
            "wait=t.wait_exponential_jitter(initial=1, multiplier=2)",
            "arguments-unclear: t.wait_exponential_jitter(initial=1, multiplier=2)",
        ),
        (
            "retry=t.retry_if_exception_message('a', 'b')",
            "arguments-unclear: t.retry_if_exception_message('a', 'b')",
        ),
        ("enabled=x", "option-untranslated: enabled"),
        ("name='x'", "option-untranslated: name"),
        ("retry_error_cls=x", "option-untranslated: retry_error_cls"),
        ("sleep=x", "option-untranslated: sleep"),
        (
            "wait=sum([t.wait_fixed(1), t.wait_fixed(2)])",
            "option-unclear: wait=sum([t.wait_fixed(1), t.wait_fixed(2)])",
        ),
    ],
)
def test_options(options: str, expected: str) -> None:
    found = _policy(options)
    assert found in (expected, f"RetryPolicy({expected})")


@pytest.mark.parametrize(
    ("sleep", "kind", "is_kept"),
    [
        ("asyncio.sleep", "async def", True),
        ("asyncio.sleep", "def", False),
        ("time.sleep", "def", True),
        ("time.sleep", "async def", False),
        ("t.nap.sleep", "def", True),
    ],
)
def test_sleeps_that_fit_the_function(sleep: str, kind: str, is_kept: bool) -> None:
    found = _policy(f"sleep={sleep}", before="import asyncio\nimport time", kind=kind)
    assert found == (f"RetryPolicy(sleep={sleep})" if is_kept else "option-untranslated: sleep")


# --- functions that are called with the state ----------------------------------------------


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (
            "def g(state): print(state.outcome.result(), state.attempt_number)",
            "RetryPolicy(after=g)",
        ),
        ("async def g(state): return state.next_action.sleep", "RetryPolicy(after=g)"),
        ("def g(s, extra=1): t.before_sleep_log(LOG, 3)(s)", "RetryPolicy(after=g)"),
        ("def g(_): pass", "RetryPolicy(after=g)"),
        ("g = lambda state: state.args[0]", "RetryPolicy(after=g)"),
        ("def g(state): print(state.retry_object)", "state-member: after: retry_object"),
        ("def g(state): state.outcome = 3", "state-member: after: outcome"),
        ("def g(state): print(state)", "state-member: after: line 2"),
        ("def g(state): f = lambda: state.retry_object", "state-member: after: retry_object"),
        ("def g(state): state = 1", "state-member: after: is bound anew"),
        ("def g(state, more): pass", "option-unclear: after=g"),
        ("def g(): pass", "option-unclear: after=g"),
        ("@decorated\ndef g(state): pass", "option-unclear: after=g"),
        ("from x import g", "option-unclear: after=g"),
        ("def g(state): pass\ndef g(state): pass", "option-unclear: after=g"),
    ],
)
def test_functions_called_with_the_state(definition: str, expected: str) -> None:
    before = definition.replace("def g(", "def _g(") if definition.startswith("g =") else definition
    if definition.startswith("g ="):
        before = before.replace("g =", "_g =")
        expected = expected.replace("=g", "=_g")
        assert _policy("after=_g", before=before) == expected
    else:
        assert _policy("after=g", before=before) == expected


def test_type_of_the_state_is_renamed_where_only_policies_call_the_function() -> None:
    text = (
        "from tenacity import RetryCallState, retry\n\n\n"
        'def g(state: RetryCallState): pass\n\n\ndef h(state: "RetryCallState"): pass\n\n\n'
        "@retry(after=g, before=h)\ndef f(): pass\n"
    )
    after = _rewrite(text).after
    assert "def g(state: RetryState)" in after
    assert 'def h(state: "RetryState")' in after
    assert "tenacity" not in after
    called = _rewrite(text + "\n\ng(RetryCallState(None, None, (), {}))\n").after
    assert "def g(state: RetryCallState)" in called


def test_type_of_the_state_in_a_method() -> None:
    text = (
        "import tenacity\nfrom tenacity import RetryCallState\n\n\nclass A:\n"
        "    def _told(self, state: RetryCallState) -> None:\n"
        "        print(state.attempt_number)\n\n"
        "    def run(self, g):\n"
        "        return tenacity.retry(before_sleep=self._told, stop=tenacity.stop_never)(g)()\n"
    )
    after = _rewrite(text).after
    assert "def _told(self, state: RetryState) -> None:" in after
    assert "tenacity" not in after


def test_variable_in_parentheses_keeps_them() -> None:
    text = (
        "import tenacity\n\n\ndef f(g, x):\n    wait = (\n        tenacity.wait_random(\n"
        "            min=a_rather_long_name_of_a_variable,\n"
        "            max=another_rather_long_name_of_a_variable,\n        )\n"
        "        if x\n        else tenacity.wait_none()\n    )\n"
        "    return tenacity.retry(wait=wait)(g)()\n"
    )
    assert (
        "    wait = (\n        wait_random(\n"
        "            minimum=a_rather_long_name_of_a_variable,\n"
        "            maximum=another_rather_long_name_of_a_variable,\n        )\n"
        "        if x\n        else wait_fixed(0)\n    )\n"
    ) in _rewrite(text).after


# --- names ---------------------------------------------------------------------------------


def test_names_change_together_or_not_at_all() -> None:
    text = (
        "from tenacity import retry, stop_after_attempt  # noqa: E402\n\n\n"
        "@retry(stop=stop_after_attempt(3), reraise=True)\ndef f(): pass\n\n\n"
        "@retry(stop=stop_after_attempt(4), {})\ndef g(): pass\n"
    )
    both = _rewrite(text.format("reraise=True"))
    assert "tenacity" not in both.after.replace("from pkg", "")
    one = _rewrite(text.format("enabled=False"))
    assert [site.reason for site in one.sites] == ["companion-refused", "option-untranslated"]
    apart = _rewrite(text.format("enabled=False").replace("stop=stop_after_attempt(4), ", ""))
    assert [site.reason for site in apart.sites] == [None, "option-untranslated"]
    assert apart.after.startswith("from tenacity import retry  # noqa: E402\n")


def test_exceptions_come_from_the_operators_too() -> None:
    text = (
        "import tenacity as t\nfrom tenacity import RetryError, retry, stop_after_attempt\n\n\n"
        "@retry(stop=stop_after_attempt(3))\ndef f():\n    raise t.TryAgain('why')\n\n\n"
        "def g():\n    try:\n        f()\n    except (RetryError, t.RetryError):\n        pass\n"
    )
    result = _rewrite(text)
    assert [site.outcome for site in result.sites] == ["drop-in", "drop-in"]
    assert "raise TryAgain('why')" in result.after
    assert "except (RetryError, RetryError):" in result.after
    assert "tenacity" not in result.after


def test_exception_that_is_imported_for_other_files_stays() -> None:
    text = "from tenacity import RetryError, retry\n\n\n@retry()\ndef f(): pass\n"
    assert _rewrite(text).after.startswith("from tenacity import RetryError\n")


def test_variable_for_policies_only() -> None:
    text = (
        "import tenacity\n\n_WAIT = tenacity.wait_fixed(3)\n\n\n"
        "@tenacity.retry(wait=_WAIT)\ndef f(): pass\n"
    )
    assert "\n_WAIT = wait_fixed(3)\n" in _rewrite(text).after
    for more in ("print(_WAIT)\n", "_WAIT = tenacity.wait_fixed(4)\n"):
        (site,) = _rewrite(text + more).sites
        assert site.reason == "option-unclear"
    (site,) = _rewrite(text.replace("_WAIT", "WAIT")).sites
    assert site.reason == "option-unclear"


def test_local_name_is_no_primitive() -> None:
    text = "from tenacity import retry\n\n\ndef f(retry):\n    @retry\n    def g(): pass\n"
    assert _rewrite(text).sites == ()


# --- what tenacity adds to the function ----------------------------------------------------


@pytest.mark.parametrize(
    ("use", "is_refused"),
    [
        ("print(f.statistics)", True),
        ("obj.f.retry.sleep = None", True),
        ("f.retry_with(stop=None)()", True),
        ("def g(h):\n    return h.retry.statistics", True),
        ("print(getattr(f, 'statistics', {}))", True),
        ("print(getattr(g, 'retry', 3))", False),
        ("print(g.statistics)", False),
        ("client.retry.count", False),
        ("f()", False),
    ],
)
def test_added_attributes(use: str, is_refused: bool) -> None:
    text = f"import tenacity\n\n\n@tenacity.retry\ndef f(): pass\n\n\n{use}\n"
    (site,) = _rewrite(text).sites
    assert (site.reason == "retry-attributes") == is_refused


def test_comments_stay_beside_their_options() -> None:
    text = (
        "import tenacity as t\n\n\n"
        "@t.retry(  # type: ignore[misc]\n"
        "    # Twice is enough.\n"
        "    stop=t.stop_after_attempt(2),  # or not\n"
        "    retry=(\n"
        "        t.retry_if_exception_type(\n"
        "            (\n"
        "                OSError,  # of the disk\n"
        "                LookupError,\n"
        "            )\n"
        "        )\n"
        "        # as they say\n"
        "        | t.retry_if_exception(str)  # hm\n"
        "    ),\n"
        "    reraise=True,\n"
        ")\n"
        "def f(): pass\n"
    )
    assert _rewrite(text).after.partition("\n\n\n")[2] == (
        "@retry_when(  # type: ignore[misc]\n"
        "    RetryPolicy(\n"
        "        # Twice is enough.\n"
        "        stop=stop_after_attempt(2),  # or not\n"
        "        retry=any_of(\n"
        "            retry_if_exception_type(\n"
        "                (\n"
        "                    OSError,  # of the disk\n"
        "                    LookupError,\n"
        "                )\n"
        "            ),\n"
        "            # as they say\n"
        "            retry_if_exception(str),  # hm\n"
        "        ),\n"
        "        reraise=True,\n"
        "    )\n"
        ")\n"
        "def f(): pass\n"
    )


@pytest.mark.parametrize(
    ("use", "is_refused"),
    [
        ("fetch.retry.sleep = print", True),
        ("client.fetch.statistics['attempt_number']", True),
        ("patch('app.fetch.retry.sleep')", True),
        ("patch.object(app.fetch.retry, 'sleep')", True),
        ("patch.object(fetch, 'retry')", True),
        ("getattr(fetch, 'statistics')", True),
        ("patch('app.fetch')", False),
        ("patch.object(other, 'retry')", False),
        ("fetch(1)", False),
    ],
)
def test_other_files_may_use_added_attributes(use: str, is_refused: bool) -> None:
    text = "import tenacity\n\n\n@tenacity.retry\ndef fetch(x): pass\n"
    test = f"from app import fetch\nfrom unittest.mock import patch\n\n{use}\n"
    names = shared_names(text)
    elsewhere = Elsewhere(names.all, foreign_uses(test, "test.py", names))
    result = rewrite(text, "app.py", replace(SETTINGS, elsewhere=elsewhere))
    assert [site.reason for site in result.sites] == ["retry-attributes" if is_refused else None]
