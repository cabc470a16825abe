"""RX101, in the small: what an attempt may do, where its values go, and what is left alone."""

from __future__ import annotations

from functools import cache
from textwrap import indent

import pytest

from codemods.rewrite import FileResult, Settings, rewrite
from transforms import retry_block

SETTINGS = Settings(rules=[retry_block.RULE], operators_module="pkg._operators", line_length=88)


@cache
def _rewrite(text: str) -> FileResult:
    return rewrite(text, "f.py", SETTINGS)


def _function(
    body: str,
    *,
    options: str = "reraise=True",
    before: str = "",
    behind: str = "",
    tail: str = "",
    head: str = "async def f(g, h):",
) -> str:
    loop = f"async for attempt in t.AsyncRetrying({options}):\n    with attempt:\n"
    loop += indent(body, " " * 8) + "\n" + indent(tail, " " * 4)
    inside = indent(f"{before}\n{loop.rstrip()}\n{behind}\n", " " * 4)
    return f"import tenacity as t\n\n\n{head}\n{inside}"


def _after(body: str, **more: str) -> str:
    """What stands between the policy and the end."""
    result = _rewrite(_function(body, **more))
    assert [site.reason for site in result.sites] == [None], result.sites
    lines = result.after.partition("policy = RetryPolicy(")[2]
    return "    async def attempt" + lines.partition("async def attempt")[2]


def _reason(body: str, **more: str) -> str | None:
    result = _rewrite(_function(body, **more))
    (site,) = result.sites
    assert result.changed == (site.reason is None)
    return site.reason


# --- where values go -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "more", "lines"),
    [
        ("await g()", {}, ["await g()", "", "await"]),
        ("return await g()", {}, ["return await g()", "", "return await"]),
        (
            "x = await g()",
            {"behind": "return x"},
            ["return await g()", "", "x = await", "return x"],
        ),
        (
            "x = await g()\ny = x + 1",
            {"behind": "return x, y"},
            ["x = await g()", "y = x + 1", "return x, y", "", "x, y = await", "return x, y"],
        ),
        # Used nowhere else: it stays in the attempt.
        ("x = await g()\nawait h(x)", {}, ["x = await g()", "await h(x)", "", "await"]),
        # Read before, and not behind.
        (
            "x = await g()\nawait h(x)",
            {"before": "x = 1\nawait h(x)"},
            ["x = await g()", "await h(x)", "", "await"],
        ),
        (
            "n += 1\nawait g(n)",
            {"before": "n = 0"},
            ["nonlocal n", "n += 1", "await g(n)", "", "await"],
        ),
        (
            "x = await g()",
            {"before": "x = 0", "behind": "return x", "options": "retry=t.retry_if_result(bool)"},
            ["nonlocal x", "x = await g()", "", "await", "return x"],
        ),
        (
            "x = await g()",
            {
                "before": "x = 0",
                "behind": "return x",
                "options": "retry_error_callback=lambda state: 1",
            },
            ["nonlocal x", "x = await g()", "", "await", "return x"],
        ),
        (
            "x = await g()",
            {
                "tail": "if not attempt.retry_state.outcome.failed:\n"
                "    attempt.retry_state.set_result(x)",
                "behind": "return x",
                "options": "retry=t.retry_if_result(bool)",
            },
            ["return await g()", "", "x = await", "return x"],
        ),
        (
            "if await g():\n    return 1",
            {"behind": "await h()"},
            [
                "if await g():",
                "return 1",
                "return PENDING",
                "",
                "found = await",
                "if found is not PENDING:",
                "return found",
                "await h()",
            ],
        ),
        (
            "await g(attempt.retry_state.attempt_number)",
            {},
            [
                "nonlocal attempt_number",
                "attempt_number += 1",
                "await g(attempt_number)",
                "",
                "await",
            ],
        ),
        # Nothing follows: both ways lead to the same None.
        ("if await g():\n    return 1", {}, ["if await g():", "return 1", "", "return await"]),
    ],
)
def test_where_values_go(body: str, more: dict[str, str], lines: list[str]) -> None:
    call = " last_value_from(from_async(attempt).pipe(retry_when(policy)))"
    found = [line.strip().replace(call, "") for line in _after(body, **more).rstrip().split("\n")]
    assert found == ["async def attempt():", *lines]


def test_variable_that_a_handler_may_read_is_set_in_time() -> None:
    text = (
        "import tenacity as t\n\n\ndef f(g):\n    x = None\n    try:\n"
        "        for attempt in t.Retrying(stop=t.stop_after_attempt(2)):\n"
        "            with attempt:\n                x = g()\n                g(x)\n"
        "    except OSError:\n        return x\n    return x\n"
    )
    after = _rewrite(text).after
    assert "            nonlocal x\n            x = g()\n            g(x)\n" in after
    (site,) = _rewrite(text.replace("    x = None\n", "")).sites
    assert site.reason == "loop-variables"


# --- what is left alone --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "more", "reason"),
    [
        ("break", {}, "jump-in-attempt"),
        ("for x in g():\n    break", {}, None),
        ("if await g():\n    continue", {}, "jump-in-attempt"),
        ("return 1", {"options": "retry=t.retry_if_result(bool)"}, "result-unseen"),
        ("return 1", {"options": "retry=lambda state: True"}, "result-unseen"),
        ("return 1", {"options": "retry=t.retry_if_exception_type(OSError)"}, None),
        (
            "return 1",
            {"options": "retry_error_callback=lambda state: 1"},
            "option-untranslated",
        ),
        ("yield 1", {}, "yield-in-loop"),
        ("return", {"before": "yield 1"}, "yield-in-loop"),
        ("await g()", {"before": "yield 1"}, None),
        ("return super().f()", {}, "frame-dependent"),
        ("return super(A, h).f()", {}, None),
        ("return next(g)", {}, "frame-dependent"),
        ("return next(g, None)", {}, None),
        ("global X\nX = 1", {}, "frame-dependent"),
        ("g(**locals())", {}, "frame-dependent"),
        ("raise", {}, "frame-dependent"),
        ("try:\n    await g()\nexcept OSError:\n    raise", {}, None),
        ("if g():\n    x = 1", {"behind": "return x"}, "loop-variables"),
        ("return x", {"before": "if g():\n    x = 1"}, "maybe-unbound"),
        ("if g():\n    del x", {"before": "x = 1"}, "loop-variables"),
        ("x = g()\ndel x", {"before": "x = 1"}, None),
        ("del h[0]", {}, None),
        ("await g(attempt)", {}, "attempt-used"),
        ("await g()", {"behind": "return attempt"}, "attempt-used"),
        ("await g()", {"behind": "g(attempt.retry_state.attempt_number)"}, "attempt-used"),
        ("await g()", {"tail": "h()"}, "work-around-attempt"),
        ("x = await g()", {"tail": "attempt.retry_state.set_result(x)"}, "work-around-attempt"),
        ("await g()", {"tail": "else:\n    h()"}, None),
        ("await g()", {"options": "**h"}, "arguments-unclear"),
    ],
)
def test_what_is_left_alone(body: str, more: dict[str, str], reason: str | None) -> None:
    if more.get("tail", "").startswith("else"):
        text = _function(body) + "    else:\n        h()\n"
        assert [site.reason for site in _rewrite(text).sites] == ["shape-not-recognised"]
        return
    assert _reason(body, **more) == reason


def test_object_that_is_kept_for_one_loop() -> None:
    text = (
        "import tenacity as t\n\n\ndef f(g):\n    retrying = t.Retrying(name='f')\n    g()\n"
        "    # Now.\n    for attempt in retrying:\n        with attempt:\n            g()\n"
    )
    assert _rewrite(text).after.partition("def f(g):\n")[2] == (
        "    retrying = RetryPolicy(name='f')\n    g()\n\n    # Now.\n"
        "    def attempt():\n        g()\n\n    retry_when(retrying).run(attempt)\n"
    )
    for more in (
        text + "    return retrying.statistics\n",
        text + "    for attempt in retrying:\n        with attempt: g()\n",
        text.replace("    for", "    while g():\n     for").replace("\n        ", "\n         "),
        text.replace("name='f'", "name=g"),
    ):
        (site,) = _rewrite(more).sites
        assert site.reason in ("retrying-kept", "option-untranslated")


def test_annotations_where_the_file_has_them() -> None:
    lines = "from __future__ import annotations\nfrom typing import Any\n"
    text = lines + _function("x = await h(1)", behind="return x", head="async def f(g, h) -> int:")
    assert "async def attempt() -> Any:" in _rewrite(text).after
    assert "async def attempt():" in _rewrite(text.replace("import Any", "import Never")).after
    same = lines + _function("return await h(1)", head="async def f(g, h) -> dict[str, int]:")
    assert "async def attempt() -> dict[str, int]:" in _rewrite(same).after
    nothing = lines + _function("await h(1)", head="async def f(g, h) -> None:")
    assert "async def attempt() -> None:" in _rewrite(nothing).after


def test_names_that_are_taken() -> None:
    after = _rewrite(_function("await g(policy)", head="async def f(g, h, policy):")).after
    assert "    retry_policy = RetryPolicy(reraise=True)\n" in after
    assert "retry_when(retry_policy)" in after
    loop = _function("await g()").replace("attempt", "policy")
    assert "    retry_policy = RetryPolicy(reraise=True)\n" in _rewrite(loop).after
    both = _function("await g(policy, retry_policy)", head="async def f(g, policy, retry_policy):")
    assert [site.reason for site in _rewrite(both).sites] == ["name-conflict"]


def test_comments_stay_where_they_were() -> None:
    text = (
        "import tenacity as t\n\n\ndef f(g):\n"
        "    # Patience.\n"
        "    for attempt in t.Retrying(  # of the library\n"
        "        reraise=True,  # as it is\n"
        "    ):  # twice at most\n"
        "        # Now.\n"
        "        with attempt:  # once more\n"
        "            g()  # go\n"
        "            # gone\n"
    )
    assert _rewrite(text).after.partition("def f(g):\n")[2] == (
        "    # Patience.\n"
        "    policy = RetryPolicy(  # of the library\n"
        "        reraise=True,  # as it is\n"
        "    )\n"
        "\n"
        "    # twice at most\n"
        "    # Now.\n"
        "    def attempt():  # once more\n"
        "        g()  # go\n"
        "        # gone\n"
        "\n"
        "    retry_when(policy).run(attempt)\n"
    )


def test_try_again_of_a_helper_goes_with_the_retries_of_its_file() -> None:
    text = (
        "from tenacity import AsyncRetrying, TryAgain\n\n\ndef check(x):\n    if not x:\n"
        "        raise TryAgain\n\n\nasync def f(g):\n    async for attempt in AsyncRetrying({}):\n"
        "        with attempt:\n            check(await g())\n"
    )
    made = _rewrite(text.format("reraise=True"))
    assert [site.outcome for site in made.sites] == ["drop-in", "pipeline"]
    assert "tenacity" not in made.after
    left = _rewrite(text.format("enabled=False"))
    assert not left.changed
    assert [site.reason for site in left.sites] == ["companion-refused", "option-untranslated"]
