from __future__ import annotations

from textwrap import dedent

import pytest

from codemods.errors import SourceError
from codemods.inventory import Entry, inventory, inventory_entries, may_hold_primitives
from transforms.syntax import parsed

Found = tuple[str, int, int, str | None, dict[str, str]]


def entries_of(source: str) -> tuple[Entry, ...]:
    text = dedent(source).lstrip("\n")
    entries = inventory_entries(text, "x.py")
    assert inventory(text, "x.py") == tuple(entry.primitive for entry in entries)
    assert may_hold_primitives(text.encode()) or not entries
    return entries


def found(source: str) -> list[Found]:
    return [
        (one.kind, one.line, one.column, one.function, dict(one.parameters))
        for one in (entry.primitive for entry in entries_of(source))
    ]


def kinds(source: str) -> list[str]:
    return [one[0] for one in found(source)]


def rules(source: str) -> list[tuple[str, str]]:
    return [(entry.primitive.kind, entry.rule_code) for entry in entries_of(source)]


def wrapped(body: str, header: str = "import asyncio") -> str:
    """``body`` in a coroutine; its lines are one line further down."""
    return f"{header}\nasync def f():\n" + "\n".join(f"    {line}" for line in body.splitlines())


@pytest.mark.parametrize(
    ("call", "kind", "parameters"),
    [
        ("asyncio.Semaphore(5)", "semaphore", {"limit": "5"}),
        ("asyncio.Semaphore()", "semaphore", {"limit": "1"}),
        ("asyncio.Semaphore(value=self._limit)", "semaphore", {"limit": "self._limit"}),
        (
            "asyncio.BoundedSemaphore(n)",
            "semaphore",
            {"limit": "n", "class": "BoundedSemaphore"},
        ),
        ("asyncio.Event()", "event", {}),
        ("asyncio.sleep(0)", "sleep", {"seconds": "0"}),
        ("asyncio.sleep(delay=d * 2)", "sleep", {"seconds": "d * 2"}),
        ("asyncio.sleep(1, x)", "sleep", {"seconds": "1", "result": "x"}),
        ("asyncio.sleep(*a)", "sleep", {}),
        ("asyncio.wait_for(x(), 5)", "wait-for", {"timeout": "5"}),
        ("asyncio.wait_for(x(), timeout=None)", "wait-for", {"timeout": "None"}),
        ("asyncio.to_thread(self.f, 1, a=2)", "to-thread", {"call": "self.f"}),
        ("loop.run_in_executor(None, f, 1)", "run-in-executor", {"call": "f"}),
        ("asyncio.get_event_loop().run_in_executor(None, f)", "run-in-executor", {"call": "f"}),
        ("x.run_in_executor(executor=None, func=f)", "run-in-executor", {"call": "f"}),
        ("asyncio.gather(a(), b())", "gather", {"calls": "2"}),
        ("asyncio.gather()", "gather", {"calls": "0"}),
        (
            "asyncio.gather(*[f(x) for x in xs], return_exceptions=True)",
            "gather",
            {"over": "[f(x) for x in xs]", "return_exceptions": "True"},
        ),
        ("asyncio.gather(*a, *b)", "gather", {"over": "a, b"}),
        ("aiolimiter.AsyncLimiter(10)", "limiter", {"calls": "10", "seconds": "60"}),
        (
            "aiolimiter.AsyncLimiter(time_period=1.5, max_rate=r)",
            "limiter",
            {"calls": "r", "seconds": "1.5"},
        ),
        (
            "tenacity.AsyncRetrying(stop=tenacity.stop_after_attempt(3), reraise=True)",
            "retry-block",
            {"attempts": "3", "stop": "tenacity.stop_after_attempt(3)", "reraise": "True"},
        ),
        ("tenacity.Retrying()", "retry-block", {}),
        ("tenacity.retry(wait=w)(f)", "retry-decorator", {"wait": "w"}),
    ],
)
def test_calls(call: str, kind: str, parameters: dict[str, str]) -> None:
    source = wrapped(f"x = {call}", "import asyncio, tenacity, aiolimiter")
    assert found(source) == [(kind, 3, 8, "f", parameters)]


def test_decorators_belong_to_what_they_decorate() -> None:
    source = """
        from tenacity import retry, stop_after_attempt as s
        class A:
            @property
            @retry(stop=s(n) | s(2), **more)
            async def f(self): ...
        @ retry
        def g(): ...
    """
    assert found(source) == [
        (
            "retry-decorator",
            4,
            5,
            "A.f",
            {"attempts": "n", "stop": "s(n) | s(2)"},
        ),
        ("retry-decorator", 6, 2, "g", {}),
    ]


def test_try_again_stands_behind_raise() -> None:
    source = """
        import tenacity as t
        def f():
            raise t.TryAgain
        def g():
            raise t.TryAgain() from e
        def h():
            try: ...
            except t.TryAgain: x = t.TryAgain
    """
    assert found(source) == [("try-again", 3, 10, "f", {}), ("try-again", 5, 10, "g", {})]


def test_source_order_and_nesting() -> None:
    source = """
        import asyncio
        limit = asyncio.Semaphore(2)
        class A:
            gate = asyncio.Event()
            async def f(self):
                async def one(x):
                    async with limit: await asyncio.sleep(x)
                return await asyncio.wait_for(asyncio.gather(*map(one, y)), 3)
    """
    assert [(kind, function) for kind, _, _, function, _ in found(source)] == [
        ("semaphore", None),
        ("event", None),
        ("sleep", "A.f.one"),
        ("wait-for", "A.f"),
        ("gather", "A.f"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("self.gather(x)", id="method"),
        pytest.param("gather(x)", id="not-imported"),
        pytest.param("time.sleep(1)", id="time"),
        pytest.param("threading.Semaphore(1)", id="threading"),
        pytest.param("asyncio = x\nasyncio.sleep(1)", id="local-called-asyncio"),
        pytest.param("x = asyncio.sleep", id="not-called"),
        pytest.param("x(default=asyncio.Event)", id="passed-on"),
        pytest.param("x: asyncio.Semaphore", id="annotation"),
        pytest.param("asyncio.Lock()\nasyncio.create_task(x)", id="not-in-the-table"),
        pytest.param("loop.run_in_executor(pool, f)", id="own-executor"),
        pytest.param("loop.run_in_executor(*a)", id="unknown-executor"),
        pytest.param("x = loop.run_in_executor", id="executor-method"),
        pytest.param("run_in_executor(None, f)", id="function-run-in-executor"),
        pytest.param("'asyncio.sleep(1)'  # asyncio.sleep(1)", id="string-and-comment"),
        pytest.param("if TYPE_CHECKING:\n    asyncio.sleep(1)", id="type-checking"),
        pytest.param("x._value = 3", id="value-of-anything"),
        pytest.param("from trio import sleep\nsleep(1)", id="trio"),
    ],
)
def test_look_alikes(body: str) -> None:
    assert kinds(wrapped(body)) == []


# -- semaphores whose permits are set


@pytest.mark.parametrize(
    ("source", "position"),
    [
        pytest.param(
            "class A:\n"
            "  def __init__(self): self._sem = asyncio.Semaphore(3)\n"
            "  def f(self): self._sem._value = 2\n",
            (4, 15),
            id="attribute",
        ),
        pytest.param("s = asyncio.Semaphore(3)\ndef f(): s._value -= 1\n", (3, 9), id="augmented"),
        pytest.param("def f(s: asyncio.Semaphore): s._value = 2\n", (2, 29), id="parameter"),
        pytest.param("def f(s: asyncio.Semaphore | None): s._value = 2\n", (2, 36), id="optional"),
        pytest.param(
            "class A:\n  s: asyncio.Semaphore\n\ndef f(a): a.s._value = 2\n", (5, 10), id="field"
        ),
        pytest.param(
            "self._s = x or asyncio.Semaphore(3)\nself._s._value = 2\n", (3, 0), id="default"
        ),
        pytest.param(
            "self._s = asyncio.Semaphore(3)\ns = self._s\ns._value = 2\n", (4, 0), id="by-alias"
        ),
    ],
)
def test_semaphore_value(source: str, position: tuple[int, int]) -> None:
    entries = inventory_entries(f"import asyncio\n{source}", "x.py")
    written = [e for e in entries if e.primitive.kind == "semaphore-value"]
    assert [(e.primitive.line, e.primitive.column) for e in written] == [position]
    assert [e.rule_code for e in written] == ["RX104"]


def test_semaphore_value_read_is_none() -> None:
    assert kinds("import asyncio\ns = asyncio.Semaphore(3)\nprint(s._value)\n") == ["semaphore"]


def test_a_primitive_in_a_formatted_string_has_its_place() -> None:
    source = "import asyncio\nasync def f():\n    x = f'é{await asyncio.sleep(1)}'\n"
    assert found(source) == [("sleep", 3, 18, "f", {"seconds": "1"})]


def test_what_else_stands_in_a_formatted_string_does_not_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parsed, "_parse_backported", None)  # it takes libcst
    source = "import asyncio\nlog(f'{asyncio.sleep} {sem._value}')\nasyncio.sleep(1)\n"
    assert found(source) == [("sleep", 3, 0, None, {"seconds": "1"})]


# -- loops that try again by hand

CONFLICT = """
import asyncio
async def f():
    {head}
        try:
            return await g()
        except {error}:
            await asyncio.sleep(0.1)
"""


@pytest.mark.parametrize(
    ("head", "error", "expected"),
    [
        ("while True:", "OCCConflictError", {"exception": "OCCConflictError", "seconds": "0.1"}),
        (
            "for n in range(5):",
            "(db.StaleData, ValueError) as e",
            {"exception": "StaleData ValueError", "attempts": "5", "seconds": "0.1"},
        ),
        (
            "while n < 3:",
            "VersionMismatch",
            {"exception": "VersionMismatch", "attempts": "n < 3", "seconds": "0.1"},
        ),
        (
            "for x in waits:",
            "Conflict",
            {"exception": "Conflict", "attempts": "waits", "seconds": "0.1"},
        ),
    ],
    ids=["while-true", "for-range", "while-condition", "for-each"],
)
def test_conflict_retry(head: str, error: str, expected: dict[str, str]) -> None:
    source = CONFLICT.format(head=head, error=error)
    assert found(source) == [
        ("conflict-retry", 3, 4, "f", expected),
        ("sleep", 7, 18, "f", {"seconds": "0.1"}),
    ]
    assert [code for _, code in rules(source)] == ["RX103", "RX103"]


@pytest.mark.parametrize(
    "error",
    ["RateLimitedError", "api.TooManyRequests", "Http429", "ThrottlingException", "rate_limit"],
)
def test_rate_limit_retry(error: str) -> None:
    source = CONFLICT.format(head="for attempt in range(n + 1):", error=error)
    assert kinds(source) == ["rate-limit-retry", "sleep"]
    assert [code for _, code in rules(source)] == ["RX105", "RX105"]


def test_rate_limit_told_by_its_status() -> None:
    source = """
        import asyncio
        async def f():
            for attempt in range(3):
                try:
                    return await g()
                except HttpError as e:
                    if e.status != 429: raise
                    await asyncio.sleep(1)
    """
    assert kinds(source) == ["rate-limit-retry", "sleep"]


@pytest.mark.parametrize(
    ("head", "error"),
    [
        pytest.param("for n in names:", "RateLimitedError", id="rate-limit-for-each"),
        pytest.param("while True:", "TimeoutError", id="other-error"),
        pytest.param("while True:", "BaseException", id="any-error"),
        pytest.param("async for n in range(3):", "Conflict", id="async-for"),
        pytest.param("if True:", "Conflict", id="no-loop"),
    ],
)
def test_other_loops_are_no_retry(head: str, error: str) -> None:
    assert kinds(CONFLICT.format(head=head, error=error)) == ["sleep"]


def test_only_the_loop_that_holds_the_try_counts() -> None:
    source = """
        import asyncio
        async def f():
            for batch in batches:
                while True:
                    try:
                        await g()
                        break
                    except Conflict:
                        await asyncio.sleep(1)
                await asyncio.sleep(5)
    """
    assert found(source)[0][:3] == ("conflict-retry", 4, 8)
    assert rules(source) == [
        ("conflict-retry", "RX103"),
        ("sleep", "RX103"),
        ("sleep", "RX208"),
    ]


def test_a_nested_function_is_another_loop() -> None:
    source = """
        import asyncio
        async def f():
            while True:
                async def g():
                    try: ...
                    except Conflict: ...
                await asyncio.sleep(1)
    """
    assert kinds(source) == ["sleep"]


# -- waves


def test_waves_and_checkpoints() -> None:
    source = """
        async def run(self):
            wave1_results = await self._run(files)
            if not wave1_results:
                await self._save(wave1_results)
                return None
            await self._store.save_checkpoint(wave1_results)
            await self._log(wave1_results)
            x = await self._save_more()
            wave2_results = await self._run([r for r in wave1_results if r.ok])
            await self._save(wave2_results)
            return wave2_results
    """
    assert found(source) == [
        ("wave", 2, 26, "run", {"wave": "1", "name": "wave1_results"}),
        ("checkpoint", 6, 10, "run", {"call": "self._store.save_checkpoint"}),
        ("wave", 9, 26, "run", {"wave": "2", "name": "wave2_results"}),
    ]
    assert [code for _, code in rules(source)] == ["RX205", "RX206", "RX205"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("phase_1 = await f()", "phase_2 = await g(phase_1)", id="underscore"),
        pytest.param("pass1 = await f()", "pass2 = await g(x, y=pass1)", id="keyword"),
        pytest.param("stage1: X = await f()", "stage2: X = await g(*stage1)", id="annotated"),
        pytest.param("wave1, n = await f()", "wave2, n = await g(n)", id="tuple"),
        pytest.param("first_wave = await f()", "second_wave = await g(first_wave.x)", id="words"),
        pytest.param("wave1 = await f()", "return await self._wave_two(wave1)", id="returned"),
        pytest.param("wave1 = await f()", "return await wave2(wave1)", id="returned-digit"),
        pytest.param(
            "wave1 = await f()\n    best = pick(wave1)\n    top = best[:3]",
            "wave2 = await g(top)",
            id="derived",
        ),
        pytest.param(
            "wave1 = await f()", "if wave1:\n        wave2 = await g(wave1)", id="in-branch"
        ),
        pytest.param("a = await run_wave_1()", "b = await run_wave_2(a)", id="by-callee"),
    ],
)
def test_two_waves(first: str, second: str) -> None:
    assert kinds(f"async def h():\n    {first}\n    {second}\n") == ["wave", "wave"]


def test_a_wave_that_follows_two_others_is_one_primitive() -> None:
    first = "    wave1 = await a()\n"
    source = f"async def h():\n{first}{first}    wave2 = await b(wave1)\n"
    assert kinds(source) == ["wave", "wave", "wave"]


def test_three_waves() -> None:
    source = """
        async def f():
            wave1 = await a()
            await save(wave1)
            wave2 = await b(wave1)
            await save(wave2)
            wave3 = await c(wave2)
    """
    assert kinds(source) == ["wave", "checkpoint", "wave", "checkpoint", "wave"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("wave1 = await f()", "wave2 = await g()", id="independent"),
        pytest.param("wave1 = f()", "wave2 = await g(wave1)", id="not-awaited"),
        pytest.param("wave1 = await f()", "wave3 = await g(wave1)", id="gap"),
        pytest.param("wave2 = await f()", "wave1 = await g(wave2)", id="backwards"),
        pytest.param("wave1 = await f()", "phase2 = await g(wave1)", id="other-stem"),
        pytest.param("r1 = await f()", "r2 = await g(r1)", id="no-wave-word"),
        pytest.param("wave1 = await f()", "wave2 = await wave1.g()", id="callee-only"),
        pytest.param("bypass1 = await f()", "bypass2 = await g(bypass1)", id="part-of-a-word"),
        pytest.param(
            "async def x():\n        wave1 = await f()", "wave2 = await g(wave1)", id="functions"
        ),
    ],
)
def test_no_waves(first: str, second: str) -> None:
    assert kinds(f"async def h():\n    {first}\n    {second}\n") == []


def test_a_wave_that_is_a_gather_stands_at_its_name() -> None:
    source = """
        from asyncio import gather
        async def f():
            wave1 = await gather(*[g(x) for x in xs])
            wave2 = await gather(*[g(x) for x in wave1])
    """
    assert [one[:3] for one in found(source)] == [
        ("wave", 3, 4),
        ("gather", 3, 18),
        ("wave", 4, 4),
        ("gather", 4, 18),
    ]


# -- the likely rule

FANOUT = """
import asyncio
class A:
    def __init__(self): self.sem = asyncio.Semaphore(3)
    async def gated(self, x):
        async with self.sem: ...
    async def free(self, x): ...
    async def run(self, xs):
        {body}
"""


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param("await asyncio.gather(*[self.gated(x) for x in xs])", "RX201", id="gated"),
        pytest.param("await asyncio.gather(*map(self.free, xs))", "RX202", id="free"),
        pytest.param("await asyncio.gather(*(self.free(x) for x in xs))", "RX202", id="generator"),
        pytest.param("await asyncio.gather(self.gated(1), self.free(2))", "RX304", id="fixed"),
        pytest.param("await asyncio.gather(self.free(0), *xs)", "RX202", id="mixed"),
        pytest.param(
            "ts = [self.gated(x) for x in xs]; await asyncio.gather(*ts)", "RX201", id="list"
        ),
        pytest.param(
            "ts = []\n        for x in xs: ts.append(self.gated(x))\n"
            "        await asyncio.gather(*ts)",
            "RX201",
            id="appended",
        ),
        pytest.param(
            "async def one(x):\n            async with self.sem: ...\n"
            "        await asyncio.gather(*[one(x) for x in xs])",
            "RX201",
            id="inner-function",
        ),
    ],
)
def test_rule_of_gather(body: str, code: str) -> None:
    assert rules(FANOUT.format(body=body))[-1] == ("gather", code)


def test_rule_of_staggered_launches() -> None:
    body = """ts = []
        for i, x in enumerate(xs):
            if i: await asyncio.sleep(1)
            ts.append(asyncio.create_task(self.gated(x)))
        await asyncio.gather(*ts)"""
    assert rules(FANOUT.format(body=body))[-2:] == [("sleep", "RX207"), ("gather", "RX207")]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param("while not done():\n    await asyncio.sleep(1)", "RX204", id="condition"),
        pytest.param(
            "while True:\n    if await check(): break\n    await asyncio.sleep(1)",
            "RX204",
            id="break",
        ),
        pytest.param(
            "while 1:\n    if x(): return 1\n    else: await asyncio.sleep(1)", "RX204", id="return"
        ),
        pytest.param(
            "for _ in range(9):\n    if x(): break\n    await asyncio.sleep(1)",
            "RX204",
            id="counted",
        ),
        pytest.param(
            "while True:\n    beat()\n    await asyncio.sleep(1)", "RX208", id="heartbeat"
        ),
        pytest.param("for x in xs:\n    f(x)\n    await asyncio.sleep(1)", "RX208", id="pacing"),
        pytest.param(
            "for b in batches:\n    if stop(): break\n    await asyncio.sleep(1)",
            "RX208",
            id="cooldown",
        ),
        pytest.param(
            "while x():\n    try: f()\n    except E: await asyncio.sleep(1)", "RX208", id="backoff"
        ),
        pytest.param("await asyncio.sleep(1)", "RX208", id="alone"),
        pytest.param("while x(): await asyncio.sleep(0)", "RX208", id="yield"),
        pytest.param(
            "while x():\n    async def g(): await asyncio.sleep(1)", "RX208", id="nested-function"
        ),
    ],
)
def test_rule_of_sleep(body: str, code: str) -> None:
    assert rules(wrapped(body)) == [("sleep", code)]


def test_rule_of_a_semaphore_that_is_replaced() -> None:
    source = """
        import asyncio
        class A:
            def __init__(self):
                self.a = asyncio.Semaphore(1)
                self.b = asyncio.Semaphore(2)
            def narrow(self):
                self.a = asyncio.Semaphore(3)
    """
    assert [code for _, code in rules(source)] == ["RX104", "RX201", "RX104"]


def test_rules_of_the_other_kinds() -> None:
    source = """
        import asyncio, aiolimiter
        from tenacity import AsyncRetrying, TryAgain, retry
        @retry
        async def f():
            e = asyncio.Event(), aiolimiter.AsyncLimiter(1)
            await asyncio.wait_for(asyncio.to_thread(g), 1)
            loop.run_in_executor(None, g)
            async for a in AsyncRetrying():
                with a: raise TryAgain
    """
    assert rules(source) == [
        ("retry-decorator", "RX303"),
        ("event", "RX102"),
        ("limiter", "RX203"),
        ("wait-for", "RX302"),
        ("to-thread", "RX301"),
        ("run-in-executor", "RX301"),
        ("retry-block", "RX101"),
        ("try-again", "RX101"),
    ]


# -- texts


@pytest.mark.parametrize(
    ("text", "positions"),
    [
        pytest.param("import asyncio\r\n'é'; asyncio.sleep(1)\r\n", [(2, 5, 2, 21)], id="crlf"),
        pytest.param("\ufeffimport asyncio; asyncio.Event()", [(1, 16, 1, 31)], id="bom"),
        pytest.param("import asyncio\nx = f'é{asyncio.Event()}'\n", [(2, 8, 2, 23)], id="f-string"),
        pytest.param(
            "import asyncio\ndef f[T](x): return f'{asyncio.Event()}'\n",
            [(2, 23, 2, 38)],
            id="3.12",
        ),
        pytest.param(
            "import asyncio\ntry: asyncio.Event()\nexcept A, B: asyncio.Event()\n",
            [(2, 5, 2, 20), (3, 13, 3, 28)],
            id="3.14",
        ),
        pytest.param(
            "import asyncio\nasyncio.gather(\n\ta(),  # é\n\tb('é'))\n", [(2, 0, 4, 8)], id="lines"
        ),
    ],
)
def test_positions(text: str, positions: list[tuple[int, int, int, int]]) -> None:
    found = [(p.line, p.column, p.end_line, p.end_column) for p in inventory(text, "x.py")]
    assert found == positions


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("import asyncio\nasyncio.sleep(\n", 2, id="syntax"),
        pytest.param("import asyncio\n\0asyncio.sleep(1)", 2, id="null-byte"),
        pytest.param("asyncio.sleep(" + "-" * 20_000 + "1)", None, id="nested-too-deeply"),
    ],
)
def test_what_does_not_parse(text: str, line: int | None) -> None:
    with pytest.raises(SourceError) as caught:
        inventory(text, "x.py")
    assert caught.value.line == line


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("x = (", id="broken-without-a-mention"),
        pytest.param("import asyncio\n", id="import-only"),
        pytest.param("def gather(): sleep()", id="no-module"),
        pytest.param("wave1 = f()\nwave2 = g(wave1)\n", id="no-await"),
    ],
)
def test_dismissed_unread(text: str) -> None:
    assert inventory(text, "x.py") == ()
    assert not may_hold_primitives(text.encode())
