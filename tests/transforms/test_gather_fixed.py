"""RX304, in the small: what becomes of a gather without stars, and what stays."""

from __future__ import annotations

import pytest

from codemods.rewrite import FileResult, Settings, rewrite
from transforms import RULES, gather_fixed

SETTINGS = Settings(rules=[gather_fixed.RULE], operators_module="_operators", line_length=200)
HEAD = "import asyncio\nfrom asyncio import gather, to_thread, wait_for\n\n\n"


def _rewrite(body: str, settings: Settings = SETTINGS) -> FileResult:
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    return rewrite(f"{HEAD}async def main(f, g, x):\n{indented}", "f.py", settings)


def _body(result: FileResult) -> str:
    lines = result.after.partition("async def main(f, g, x):\n")[2].splitlines()
    return "\n".join(line.removeprefix("    ") for line in lines)


@pytest.mark.parametrize(
    ("given", "sources"),
    [
        ("f(), g()", "f(), g()"),
        ("f(1, a=x), x.g(*x), x", "f(1, a=x), x.g(*x), x"),
        ("", ""),
        ("f(),", "f()"),
        ("f(await g()), x[0]", "f(await g()), x[0]"),
        ("f(), return_exceptions=True", "f(), return_exceptions=True"),
        ("f(), return_exceptions=x()", "f(), return_exceptions=x()"),
        ("f(), return_exceptions=False", "f()"),
        ("asyncio.create_task(f()), x or g()", "asyncio.create_task(f()), x or g()"),
        ("asyncio.gather(f()), g()", "asyncio.gather(f()), g()"),
    ],
)
def test_awaitables_become_sources(given: str, sources: str) -> None:
    result = _rewrite(f"x, _ = await asyncio.gather({given})")
    assert _body(result) == f"x, _ = await last_value_from(fork_join({sources}))"


def _composed(given: str) -> str:
    settings = Settings(rules=RULES, operators_module="_operators", line_length=200)
    result = _rewrite(f"await gather({given})", settings)
    assert {site.outcome for site in result.sites} == {"pipeline"}
    return _body(result).removeprefix("await last_value_from(fork_join(").removesuffix("))")


@pytest.mark.parametrize(
    ("given", "sources"),
    [
        ("to_thread(f), g()", "rx.from_callable(f).pipe(in_thread()), g()"),
        ("wait_for(x, 1), g()", "from_awaitable(x).pipe(timeout(1)), g()"),
        ("wait_for(main(f, g, 1), 1)", "from_async(main, f, g, 1).pipe(timeout(1))"),
        ("wait_for(to_thread(f), 1)", "rx.from_callable(f).pipe(in_thread(), timeout(1))"),
        (
            "to_thread(f), to_thread(g)",
            "rx.from_callable(f).pipe(in_thread()), rx.from_callable(g).pipe(in_thread())",
        ),
    ],
)
def test_other_primitives_become_sources_of_the_same_pipeline(given: str, sources: str) -> None:
    assert _composed(given) == sources


@pytest.mark.parametrize(
    ("other", "outcome"),
    [
        ("x.loop.run_in_executor(None, g, 1)", "pipeline"),
        ("x", "pipeline"),
        ("to_thread(g, x)", "pipeline"),
        ("g(x)", "refused"),
        ("x[0]", "refused"),
        ("to_thread(g, x())", "refused"),
    ],
)
def test_a_job_starts_later_only_if_nothing_can_fail_before(other: str, outcome: str) -> None:
    settings = Settings(rules=RULES, operators_module="_operators", line_length=200)
    job = "asyncio.get_running_loop().run_in_executor(None, f)"
    result = _rewrite(f"await gather({job}, {other})", settings)
    first = next(site for site in result.sites if site.primitive.kind == "run-in-executor")
    assert (first.outcome, first.reason) == (
        outcome,
        None if outcome == "pipeline" else "not-awaited",
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("x = gather(f(), g())", "not-awaited"),
        ("return gather(f(), g())", "not-awaited"),
        ("await asyncio.shield(gather(f(), g()))", "not-awaited"),
        ("await wait_for(gather(f(), g()), 1)", "not-awaited"),
        ("await gather(f(), **x)", "arguments-unclear"),
        ("await gather(f(), loop=x)", "arguments-unclear"),
        ("await gather(f(  # first\n    1), g())", "comment-in-the-way"),
        ("fork_join = 1\nawait gather(f(), g())", "name-conflict"),
        ("x = f\"\"\"{await gather(f('''\n'''))}\"\"\"", "inside-f-string"),
    ],
)
def test_what_stays_has_its_reason(body: str, reason: str) -> None:
    result = _rewrite(body)
    assert result.after == result.before
    assert [site.reason for site in result.sites if site.primitive.kind == "gather"] == [reason]


def test_comments_stay_beside_their_awaitables() -> None:
    body = "await gather(\n    f(),  # first\n    # Then.\n    to_thread(g),\n    # x(),\n)"
    settings = Settings(rules=RULES, operators_module="_operators", line_length=200)
    assert _body(_rewrite(body, settings)) == (
        "await last_value_from(\n"
        "    fork_join(\n"
        "        f(),  # first\n"
        "        # Then.\n"
        "        rx.from_callable(g).pipe(in_thread()),\n"
        "        # x(),\n"
        "    )\n"
        ")"
    )


def test_what_a_site_that_stays_holds_is_rewritten_all_the_same() -> None:
    body = "await gather(f(  # first\n    1), to_thread(g))"
    settings = Settings(rules=RULES, operators_module="_operators", line_length=200)
    result = _rewrite(body, settings)
    assert [(site.outcome, site.reason) for site in result.sites] == [
        ("refused", "comment-in-the-way"),
        ("pipeline", None),
    ]


def test_a_gather_with_a_star_is_for_another_rule() -> None:
    result = _rewrite("await gather(f(), *x)")
    assert [(site.code, site.reason) for site in result.sites] == [("RX202", "rule-not-available")]
