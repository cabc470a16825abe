"""RX204, in the small: which loops are polls, and what they become.

Real code is in golden/polling_loop.
"""

from __future__ import annotations

import textwrap

import pytest

from codemods.rewrite import FileResult, Settings, rewrite
from transforms import polling_loop

SETTINGS = Settings(rules=[polling_loop.RULE], operators_module="_operators", line_length=100)


def _rewrite(body: str, head: str = "async def f(job, limit, period):") -> FileResult:
    text = f"import asyncio\nimport itertools\n\n\n{head}\n{textwrap.indent(body, '    ')}\n"
    return rewrite(text, "f.py", SETTINGS)


def _stages(result: FileResult) -> str:
    """The emitted pipelines without line breaks."""
    return " ".join(result.after.split()).replace("( ", "(").replace(", )", ")").replace(" )", ")")


def _reason(result: FileResult) -> str | None:
    (site,) = (site for site in result.sites if site.primitive.kind == "sleep")
    assert result.after == result.before
    return site.reason


@pytest.mark.parametrize(
    ("loop", "stages"),
    [
        (
            "while not job.done: await asyncio.sleep(1)",
            "rx.interval(1).pipe(poll(), ops.take_while(lambda _: not job.done, inclusive=True), "
            "ops.last())",
        ),
        (
            "while not await job.done(): await asyncio.sleep(period)",
            "rx.interval(period).pipe(poll(lambda _: job.done()), "
            "ops.take_while(lambda done: not done, inclusive=True), ops.last())",
        ),
        (
            "while await job.open() > limit:\n    await asyncio.sleep(job.period)",
            "rx.defer(lambda _: rx.interval(job.period)).pipe(poll(lambda _: job.open()), "
            "ops.take_while(lambda answer: answer > limit, inclusive=True), ops.last())",
        ),
        (
            "while True:\n    await asyncio.sleep(delay=2)\n    if job.done:\n        break",
            "rx.interval(2).pipe(poll_after(), "
            "ops.take_while(lambda _: not job.done, inclusive=True), ops.last())",
        ),
        (
            "while True:\n    v = await job.get()\n    if v is None:\n        return v\n"
            "    await asyncio.sleep(1)",
            "return await last_value_from(rx.interval(1).pipe(poll(lambda _: job.get()), "
            "ops.take_while(lambda v: v is not None, inclusive=True), ops.last()))",
        ),
        (
            "while True:\n    v: int = await job.get()\n    if v == 3:\n        break\n"
            "    await asyncio.sleep(1)\nreturn v",
            "v: int = await last_value_from(rx.interval(1).pipe(poll(lambda _: job.get()), "
            "ops.take_while(lambda v: v != 3, inclusive=True), ops.last()))",
        ),
        (
            "while True:\n    v = await job.get()\n    if v:\n        print('done')\n"
            "        break\n    await asyncio.sleep(1)",
            "await last_value_from(rx.interval(1).pipe(poll(lambda _: job.get()), "
            "ops.take_while(lambda v: not v, inclusive=True), ops.last())) print('done')",
        ),
        (
            "while (v := await job.get()).busy and limit:\n    await asyncio.sleep(1)\nreturn v",
            "v = await last_value_from(rx.interval(1).pipe(poll(lambda _: job.get()), "
            "ops.take_while(lambda v: bool(v.busy and limit), inclusive=True), ops.last()))",
        ),
    ],
    ids=lambda value: value[:32],
)
def test_a_test_alone_becomes_lambdas(loop: str, stages: str) -> None:
    result = _rewrite(loop)
    assert stages in _stages(result)
    assert "async def check" not in result.after


def test_a_gettext_underscore_is_not_hidden() -> None:
    assert "poll(lambda n: job.ask(_('done')))" in _stages(
        _rewrite("while not await job.ask(_('done')): await asyncio.sleep(1)")
    )


@pytest.mark.parametrize("condition", ["True", "1"], ids=["the-word", "a-number"])
def test_a_constant_condition_is_none(condition: str) -> None:
    loop = f"while {condition}:\n    job.ask()\n    if job.done:\n        break\n"
    result = _rewrite(loop + "    await asyncio.sleep(1)")
    assert "async def check(_):\n        job.ask()\n        return not job.done\n" in result.after


def _body(result: FileResult) -> str:
    """The body of the nested function."""
    _, _, text = result.after.partition("    async def check(")
    body, _, _ = text.partition("\n\n    ")
    return textwrap.dedent(body.partition("\n")[2])


@pytest.mark.parametrize(
    ("loop", "body"),
    [
        (
            "while job.open:\n    job.log()\n    if limit:\n        break\n"
            "    await asyncio.sleep(1)",
            "if not job.open:\n    return False\njob.log()\nif limit:\n    return False\n"
            "return True",
        ),
        (
            "while limit > 0:\n    if job.done:\n        return 1\n    await asyncio.sleep(1)\n"
            "    limit -= 1\nreturn 2",
            "nonlocal limit\nif n:\n    limit -= 1\nif not limit > 0:\n    return 2\nif job.done:\n"
            "    return 1\nreturn PENDING",
        ),
        (
            "for i in range(limit):\n    if await job.ask(i):\n        break\n"
            "    await asyncio.sleep(1)\nelse:\n    job.stop()",
            "if i >= limit:\n    job.stop()\n    return False\nif await job.ask(i):\n"
            "    return False\nreturn True",
        ),
        (
            "for i in itertools.count(1):\n    if await job.ask(i):\n        return i\n"
            "    await asyncio.sleep(1)",
            "i = n + 1\nif await job.ask(i):\n    return i\nreturn PENDING",
        ),
        (
            "while True:\n    v = await job.get()\n    if v:\n        break\n    job.log(v)\n"
            "    await asyncio.sleep(1)\nreturn v",
            "v = await job.get()\nif v:\n    return v\njob.log(v)\nreturn PENDING",
        ),
        (
            "while True:\n    delay = await job.delay()\n    if delay is None:\n        return\n"
            "    job.log()\n    await asyncio.sleep(delay)",
            "nonlocal delay\ndelay = await job.delay()\nif delay is None:\n    return False\n"
            "job.log()\nreturn True",
        ),
    ],
    ids=[
        "condition-first",
        "statements-behind-the-sleep",
        "rounds-and-else",
        "count-from-one",
        "value-behind-a-break",
        "period-of-the-round",
    ],
)
def test_other_bodies_become_a_function(loop: str, body: str) -> None:
    assert _body(_rewrite(loop)) == body


def test_annotations_follow_the_function_around() -> None:
    loop = "while True:\n    job.ask()\n    if job.done:\n        break\n    await asyncio.sleep(1)"
    assert "async def check(_: int) -> bool:" in _rewrite(loop, "async def f(job) -> None:").after
    assert "async def check(_):" in _rewrite(loop).after


def test_names_that_are_taken_are_left_to_their_owners() -> None:
    loop = "while True:\n    check(_)\n    if job.done:\n        break\n    await asyncio.sleep(1)"
    assert "async def check_once(n):" in _rewrite(loop, "async def f(job, check, _):").after


@pytest.mark.parametrize(
    ("reason", "loop"),
    [
        ("arguments-unclear", "while not job.done: await asyncio.sleep(*limit)"),
        ("arguments-unclear", "while not job.done: await asyncio.sleep(await job.period())"),
        ("arguments-unclear", "while not job.done: await asyncio.sleep(1, 2)"),
        ("sleep-zero", "while not job.done: await asyncio.sleep(0)"),
        ("sleep-zero", "while not job.done: await asyncio.sleep(1 - 1)"),
        ("several-waits", "while not job.done:\n    if limit:\n        await asyncio.sleep(1)"),
        ("several-waits", "while not job.done:\n    await asyncio.sleep(1); limit -= 1"),
        ("works-through-items", "for i in job.items:\n    job.do(i)\n    await asyncio.sleep(1)"),
        ("works-through-items", "async for i in job:\n    if i: break\n    await asyncio.sleep(1)"),
        ("works-through-items", "for i in range(3):\n    job.do(i)\n    await asyncio.sleep(1)"),
        (
            "works-through-items",
            "for i in range(0, 9, 3):\n    if job.do(i): break\n    await asyncio.sleep(1)",
        ),
        (
            "retry-loop",
            "while True:\n    try:\n        return await job.get()\n    except OSError:\n"
            "        pass\n    await asyncio.sleep(1)",
        ),
        ("no-check", "while True:\n    await job.beat()\n    await asyncio.sleep(1)"),
        ("no-check", "while True:\n    if job.bad: raise OSError\n    await asyncio.sleep(1)"),
        ("worker-loop", "while job.on:\n    await job.work()\n    await asyncio.sleep(1)"),
        ("worker-loop", "while limit:\n    job.work()\n    await asyncio.sleep(1)\n    limit -= 1"),
        ("shutdown-loop", "while not job.stop.is_set():\n    await asyncio.sleep(1)"),
        (
            "continue-skips-wait",
            "while job.ask():\n    if limit: continue\n    await asyncio.sleep(1)",
        ),
        ("yield-in-loop", "while job.ask():\n    yield 1\n    await asyncio.sleep(1)"),
        ("frame-dependent", "while job.ask(locals()):\n    await asyncio.sleep(1)"),
        (
            "frame-dependent",
            "while job.ask():\n    job.warn(stacklevel=2)\n    await asyncio.sleep(1)",
        ),
        (
            "several-ends",
            "while limit:\n    if job.done: return 1\n    await asyncio.sleep(1)\n"
            "for i in job.items:\n    job.do(i)",
        ),
        (
            "loop-variables",
            "while True:\n    a = job.a()\n    b = job.b()\n    if a: break\n"
            "    await asyncio.sleep(1)\nreturn a, b",
        ),
        (
            "loop-variables",
            "while True:\n    try: a = job.a()\n    except OSError: pass\n    if a: break\n"
            "    await asyncio.sleep(1)",
        ),
        (
            "loop-variables",
            "for i in range(3):\n    if job.ask(): break\n    await asyncio.sleep(i)",
        ),
        (
            "loop-variables",
            "for i in range(3):\n    if job.ask(): break\n    await asyncio.sleep(1)\n"
            "    job.do(i)",
        ),
        ("maybe-unbound", "if limit: a = 1\nwhile not job.ask(a):\n    await asyncio.sleep(1)"),
    ],
)
def test_other_loops_are_left_alone(reason: str, loop: str) -> None:
    assert _reason(_rewrite(loop)) == reason


@pytest.mark.parametrize(
    "body",
    [
        "x = await asyncio.sleep(1)",
        "while not job.done:\n    asyncio.sleep(1)",
        "while not job.done:\n    x = await asyncio.sleep(1)",
        "for i in limit:\n    pass\nelse:\n    await asyncio.sleep(1)",
        "while job.done:\n    def g():\n        return asyncio.sleep(1)",
    ],
    ids=["no-loop", "not-awaited", "value-used", "else-of-a-loop", "function-in-a-loop"],
)
def test_what_is_no_loop_around_a_sleep_is_left_to_other_rules(body: str) -> None:
    result = _rewrite(body)
    assert result.after == result.before
    assert {site.reason for site in result.sites} <= {"rule-not-available", "shape-not-recognised"}


def test_the_outer_of_two_polls_stays() -> None:
    result = _rewrite(
        "while True:\n    while not job.one: await asyncio.sleep(1)\n"
        "    if job.all: break\n    await asyncio.sleep(2)"
    )
    assert [site.reason for site in result.sites] == [None, "polls-inside"]


def test_a_tail_with_dead_code_behind_it() -> None:
    result = _rewrite(
        "for i in range(3):\n    if job.done:\n        return 1\n    await asyncio.sleep(1)\n"
        "return 2\nraise OSError"
    )
    assert _body(result).startswith("if n >= 3:\n    return 2\nif job.done:")
    assert result.after.endswith("    )\n    raise OSError\n")


def test_what_is_reported() -> None:
    (site,) = _rewrite(
        "elapsed = 0\nwhile elapsed < limit:\n    if job.done:\n        break\n"
        "    await asyncio.sleep(job.period)\n    elapsed += 1"
    ).sites
    assert site.parameters == (
        ("interval", "job.period"),
        ("predicate", "(elapsed < limit) and (not job.done)"),
        ("kind", "check-first"),
        ("deadline", "elapsed < limit"),
    )


def test_a_bare_return_at_the_end_of_the_function_is_left_out() -> None:
    loop = "while True:\n    v = await job.get()\n    if v: return\n    await asyncio.sleep(1)"
    assert _rewrite(loop).after.endswith("    )\n")
    assert "return" in _rewrite(f"{loop}\nprint(v)").after


def test_a_condition_that_is_turned_round_is_no_bool_in_an_if() -> None:
    loop = "while not await job.ready():\n    print(job)\n    await asyncio.sleep(1)"
    assert _body(_rewrite(loop)).startswith("if await job.ready():\n    return False\n")


def test_a_variable_called_bool_is_in_the_way() -> None:
    loop = "bool = 3\nwhile await job.get():\n    await asyncio.sleep(1)"
    assert _reason(_rewrite(loop)) == "name-conflict"


_ROUND = """\
    it = await self.get()
    if it:
        return it
    if it is None:
        raise OSError
    await asyncio.sleep(1)"""


@pytest.mark.parametrize(
    ("head", "returns"),
    [
        ("async def f(self) -> Status:", ""),
        ("async def f(self, list) -> list[int]:", ""),
        ("async def f(self) -> gone.Status:", ""),
        ("async def f(self) -> make():", ""),
        ("async def f(self) -> dict[str, Other] | None:", " -> dict[str, Other] | None"),
        ('async def f(self) -> "Status":', ' -> "Status"'),
    ],
    ids=["of_the_class", "a_parameter", "deleted", "called", "of_the_module", "in_quotes"],
)
@pytest.mark.parametrize("future", [False, True])
def test_an_annotation_is_repeated_where_it_means_the_same(
    head: str, returns: str, future: bool
) -> None:
    loop = textwrap.indent(f"while True:\n{_ROUND}", "        ")
    text = (
        f"{'from __future__ import annotations' * future}\nimport asyncio, gone\nclass Other: ...\n"
        f"class A:\n    class Status: ...\n    {head}\n{loop}\ndel gone\n"
    )
    if future:
        returns = f" -> {head.partition(' -> ')[2][:-1]}"
    result = rewrite(text, "f.py", SETTINGS)
    (said,) = (line for line in result.after.splitlines() if "def check(" in line)
    assert said.partition(")")[2] == f"{returns}:"


@pytest.mark.parametrize(
    ("kind", "returns"), [("Job", ""), ('"Job"', ' -> "Job"'), ("str", " -> str")]
)
def test_the_annotation_of_a_variable_was_never_evaluated(kind: str, returns: str) -> None:
    loop = (
        f"while True:\n    job.ask()\n    it: {kind} = await job.get()\n    if it:\n        break\n"
        "    await asyncio.sleep(1)\nreturn it"
    )
    result = _rewrite(loop, "async def f(job: object):")
    assert f"async def check(_: int){returns}:" in result.after


def test_a_declared_wait_stands_apart_from_the_function() -> None:
    loop = (
        "\n# Until it is there.\nwhile job.busy:\n    wait = job.ask()\n    if job.lost: break\n"
        "    await asyncio.sleep(wait)"
    )
    result = _rewrite(f"print(job){loop}")
    assert "    # Until it is there.\n    wait: float\n\n    async def check(_):" in result.after


def test_an_else_that_returns_has_no_dead_code_behind_it() -> None:
    result = _rewrite(
        "for _ in range(3):\n    if job.done:\n        break\n    await asyncio.sleep(1)\n"
        "else:\n    return False\nreturn True"
    )
    assert _body(result).startswith("if n >= 3:\n    return False\nif job.done:\n    return True")
