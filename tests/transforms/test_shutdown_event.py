"""RX102, in the small: which loops become pipelines, and which events stay."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from codemods.rewrite import FileResult, Settings, rewrite
from transforms import shutdown_event
from transforms.syntax.elsewhere import Elsewhere, ForeignUse

SETTINGS = Settings(rules=[shutdown_event.RULE], operators_module="_operators")


def _rewrite(text: str, settings: Settings = SETTINGS) -> FileResult:
    return rewrite(f"import asyncio\n{text}", "f.py", settings)


def _in_class(method: str, setup: str = "self.stop = asyncio.Event()") -> str:
    init = f"class A:\n    def __init__(self):\n        {setup}\n"
    return init + indent(dedent(method), "    ")


LOOPS = {
    "while": "async def f(self):\n    while not self.stop.is_set():\n        await self.g()\n",
    "for": (
        "async def f(self, xs):\n    for x in xs:\n        if self.stop.is_set():\n"
        "            break\n        await self.g(x)\n"
    ),
    "while True": (
        "async def f(self):\n    while True:\n        if self.stop.is_set():\n            break\n"
        "        await self.g()\n    return 1\n"
    ),
    "return at the end": (
        "async def f(self):\n    while True:\n        if self.stop.is_set():\n            return\n"
        "        await self.g()\n"
    ),
    "says something before it ends": (
        "async def f(self):\n    while True:\n        if self.stop.is_set():\n"
        "            self.h()\n            break\n        await self.g()\n"
    ),
    "on one line": (
        "async def f(self, xs):\n    for x in xs:\n        if self.stop.is_set(): break\n"
        "        await self.g(x)\n"
    ),
    "counting": (
        "async def f(self):\n    n = 0\n    while not self.stop.is_set():\n"
        "        n += await self.g()\n    return n\n"
    ),
    "own variables": (
        "async def f(self):\n    while not self.stop.is_set():\n        x = await self.g()\n"
        "        if not x:\n            continue\n        self.h(x)\n"
    ),
    "breaks of inner loops": (
        "async def f(self):\n    while not self.stop.is_set():\n        for x in await self.g():\n"
        "            if x:\n                break\n"
    ),
    "breaks": (
        "async def f(self):\n    while not self.stop.is_set():\n        if await self.g():\n"
        "            break\n        self.h()\n"
    ),
    "ends by a break": (
        "async def f(self, xs):\n    for x in xs:\n        if self.stop.is_set():\n"
        "            break\n        if await self.g(x):\n            continue\n        break\n"
    ),
    "tries inside": (
        "async def f(self):\n    while not self.stop.is_set():\n        try:\n"
        "            await self.g()\n        except OSError:\n            raise\n"
    ),
    "items of a generator of the file": (
        "def items(self):\n    for x in self.xs:\n        yield x\n\n"
        "async def f(self):\n    for x in self.items():\n        if self.stop.is_set():\n"
        "            break\n        await self.g(x)\n"
    ),
}


@pytest.mark.parametrize("method", LOOPS.values(), ids=LOOPS)
def test_loops_that_an_event_ends_are_pipelines(method: str) -> None:
    result = _rewrite(_in_class(method))
    assert [site.outcome for site in result.sites] == ["pipeline"]
    assert "take_until(self.stop)" in result.after
    assert ".is_set()" not in result.after


STAYING = {
    "returns a value": (
        "async def f(self):\n    while not self.stop.is_set():\n        return await self.g()\n"
    ),
    "else": (
        "async def f(self):\n    while not self.stop.is_set():\n        await self.g()\n"
        "    else:\n        self.h()\n"
    ),
    "returns in the middle": (
        "async def f(self):\n    while True:\n        if self.stop.is_set():\n            return\n"
        "        await self.g()\n    self.h()\n"
    ),
    "says something, and another way out": (
        "async def f(self, xs):\n    for x in xs:\n        if self.stop.is_set():\n"
        "            self.h()\n            break\n        await self.g()\n"
    ),
    "asked in the middle": (
        "async def f(self):\n    while True:\n        await self.g()\n"
        "        if self.stop.is_set():\n            break\n"
    ),
    "says something, and breaks": (
        "async def f(self):\n    while True:\n        if self.stop.is_set():\n"
        "            self.h()\n            break\n        if await self.g():\n"
        "            break\n"
    ),
    "another condition, too": (
        "async def f(self):\n    while self.on and not self.stop.is_set():\n"
        "        await self.g()\n"
    ),
    "until it is not set": (
        "async def f(self):\n    while self.stop.is_set():\n        await self.g()\n"
    ),
    "yields": (
        "async def f(self):\n    while not self.stop.is_set():\n        yield await self.g()\n"
    ),
    "no coroutine": "def f(self):\n    while not self.stop.is_set():\n        self.g()\n",
    "never waits": (
        "async def f(self):\n    while not self.stop.is_set():\n        self.g()\n"
    ),
    "a variable that lives on": (
        "async def f(self):\n    while not self.stop.is_set():\n        x = await self.g()\n"
        "    return x\n"
    ),
    "a variable of the round before": (
        "async def f(self):\n    while not self.stop.is_set():\n        if self.n:\n"
        "            self.h(last)\n        last = await self.g()\n"
    ),
    "the item lives on": (
        "async def f(self, xs):\n    for x in xs:\n        if self.stop.is_set():\n"
        "            break\n        await self.g(x)\n    return x\n"
    ),
    "functions that see the item later": (
        "async def f(self, xs):\n    for x in xs:\n        if self.stop.is_set():\n"
        "            break\n        await self.g(x)\n        self.later(lambda: x)\n"
    ),
    "several targets": (
        "async def f(self, xs):\n    for x, y in xs:\n        if self.stop.is_set():\n"
        "            break\n        await self.g(x, y)\n"
    ),
    "async for": (
        "async def f(self, xs):\n    async for x in xs:\n        if self.stop.is_set():\n"
        "            break\n        await self.g(x)\n"
    ),
    "items that may have to be closed": (
        "async def f(self):\n    for x in read(self.path):\n        if self.stop.is_set():\n"
        "            break\n        await self.g(x)\n"
    ),
    "a remark for a tool": (
        "async def f(self):\n    while not self.stop.is_set():  # pragma: no cover\n"
        "        await self.g()\n"
    ),
    "a comment in the condition": (
        "async def f(self):\n    while (\n        not self.stop.is_set()  # the one of the app\n"
        "    ):\n        await self.g()\n"
    ),
    "told to leave it alone": (
        "async def f(self, xs):\n    for x in xs:\n"
        "        if self.stop.is_set():  # codemods: skip\n            break\n"
        "        await self.g(x)\n"
    ),
    "super": (
        "async def f(self):\n    while not self.stop.is_set():\n        await super().g()\n"
    ),
    "raises anew": (
        "async def f(self):\n    try:\n        await self.g()\n    except OSError:\n"
        "        while not self.stop.is_set():\n            await self.g()\n            raise\n"
    ),
    "while an exception is handled": (
        "async def f(self):\n    try:\n        await self.g()\n    finally:\n"
        "        while not self.stop.is_set():\n            await self.g()\n"
    ),
    "another object's event": (
        "async def f(self, other):\n    while not other.stop.is_set():\n"
        "        await self.g()\n"
    ),
    "replaced": (
        "async def f(self):\n    self.stop = asyncio.Event()\n"
        "    while not self.stop.is_set():\n        await self.g()\n"
    ),
    "replaced by name": (
        "async def f(self):\n    setattr(self, 'stop', make())\n"
        "    while not self.stop.is_set():\n        await self.g()\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("method", STAYING.values(), ids=STAYING)
def test_loops_that_no_pipeline_can_be_stay_around_the_new_event(method: str) -> None:
    before = f"import asyncio\n{_in_class(method)}"
    result = rewrite(before, "f.py", SETTINGS)
    assert {site.outcome for site in result.sites} == {"drop-in"}
    assert _after_imports(result.after) == _after_imports(
        before.replace("asyncio.Event()", "EventSubject()")
    )


def _after_imports(text: str) -> str:
    return text[text.index("class A") :]


ELSEWHERE = {
    "in another file's hands": ("stored", "b.py:3: a.stop = asyncio.Event()", "drop-in"),
    "looked into": ("member", "b.py:3: a.stop._value", "refused"),
    "handed on": ("handed-on", "b.py:3: f(a.stop)", "refused"),
}


@pytest.mark.parametrize(("what", "code", "outcome"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_what_other_files_do_decides(what: str, code: str, outcome: str) -> None:
    member = "_value" if what == "member" else ""
    use = ForeignUse("stop", "b.py", 3, what, member, False, code)  # type: ignore[arg-type]
    elsewhere = Elsewhere(frozenset({"stop"}), (use,))
    settings = Settings(rules=SETTINGS.rules, operators_module="_operators", elsewhere=elsewhere)
    result = _rewrite(_in_class(LOOPS["while"]), settings)
    assert [site.outcome for site in result.sites] == [outcome]


def test_an_event_that_nobody_has_looked_up_is_refused() -> None:
    settings = Settings(rules=SETTINGS.rules, operators_module="_operators", elsewhere=Elsewhere())
    result = _rewrite(_in_class(LOOPS["while"]), settings)
    assert [site.reason for site in result.sites] == ["event-escapes"]


def test_another_class_may_have_another_event_of_the_name() -> None:
    other = "\nclass B(Base):\n" + indent(LOOPS["while"], "    ")
    result = _rewrite(_in_class("def set(self):\n    self.stop.set()\n") + other)
    assert [site.outcome for site in result.sites] == ["drop-in"]


def test_a_local_event_needs_no_look_around() -> None:
    settings = Settings(rules=SETTINGS.rules, operators_module="_operators", elsewhere=Elsewhere())
    text = (
        "async def f(g):\n    stop = asyncio.Event()\n    g(stop.set)\n"
        "    while not stop.is_set():\n        await g(1)\n"
    )
    assert [site.outcome for site in _rewrite(text, settings).sites] == ["pipeline"]


REFUSED = {
    "isinstance": ("e = asyncio.Event()\nisinstance(e, asyncio.Event)\n", "type-matters"),
    "validated": (
        "class A:\n    e = attr.ib(validator=attr.validators.instance_of(asyncio.Event))\n"
        "a = A(e=asyncio.Event())\n",
        "type-matters",
    ),
    "subclass": ("class E(asyncio.Event): pass\ne = asyncio.Event()\n", "type-matters"),
    "waiters": ("e = asyncio.Event()\nprint(len(e._waiters))\n", "private-member"),
    "printed": ("e = asyncio.Event()\nprint(e)\n", "event-escapes"),
    "passed on": ("from lib import run\ne = asyncio.Event()\nrun(e)\n", "event-escapes"),
    "returned": ("def make():\n    return asyncio.Event()\n", "event-escapes"),
    "with a loop": ("e = asyncio.Event(loop=None)\n", "arguments-unclear"),
    "looked into by its name": (
        "class A:\n    def __init__(self):\n        self.e = asyncio.Event()\n"
        "    def f(self):\n        return getattr(self, 'e')._value\n",
        "private-member",
    ),
    "handed on by way of a property": (
        "class A:\n    def __init__(self):\n        self._e = asyncio.Event()\n"
        "    @property\n    def e(self):\n        return self._e\n"
        "def g(a):\n    send(a.e)\n",
        "event-escapes",
    ),
    "in a set": ("e = asyncio.Event()\ns = {e: 1}\n", "event-escapes"),
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED)
def test_events_that_could_be_told_stay(text: str, reason: str) -> None:
    result = _rewrite(text)
    assert [site.reason for site in result.sites] == [reason]
    assert not result.changed


SWAPPED = {
    "in a list and out of it": (
        "class A:\n    def f(self):\n        e = asyncio.Event()\n        self.es.append(e)\n"
        "        self.es.remove(e)\n"
    ),
    "read by its name": (
        "class A:\n    def __init__(self):\n        self.e = asyncio.Event()\n"
        "    def f(self):\n        getattr(self, 'e').set()\n"
    ),
    "waited for among others": (
        "async def f(g):\n    e = asyncio.Event()\n"
        "    await asyncio.wait([asyncio.ensure_future(e.wait()), g(e.set)])\n"
    ),
    "by a property": (
        "class A:\n    def __init__(self):\n        self._e = asyncio.Event()\n"
        "    @property\n    def e(self):\n        return self._e\n"
        "    async def f(self):\n        await self.e.wait()\n"
    ),
    "one that is given, or a new one": (
        "class A:\n    def __init__(self, e=None):\n        self.e = e or asyncio.Event()\n"
    ),
}


@pytest.mark.parametrize("text", SWAPPED.values(), ids=SWAPPED)
def test_events_that_nobody_can_tell_are_swapped(text: str) -> None:
    result = _rewrite(text)
    assert [site.outcome for site in result.sites] == ["drop-in"]
    assert "asyncio.Event" not in result.after


def test_names_that_are_taken() -> None:
    method = (
        "async def f(self, one_round):\n    do_round = one_round\n"
        "    while not self.stop.is_set():\n        x = await self.g()\n        do_round(x)\n"
    )
    result = _rewrite(_in_class(method))
    assert [site.outcome for site in result.sites] == ["drop-in"]


def test_a_loop_inside_a_loop_stays_inside() -> None:
    method = (
        "async def f(self, xs):\n    while not self.stop.is_set():\n        for x in xs:\n"
        "            if self.stop.is_set():\n                break\n"
        "            await self.g(x)\n"
    )
    after = _rewrite(_in_class(method)).after
    assert after.count("take_until(") == 1
    assert "forever().pipe(" in after
    assert "if self.stop.is_set():" in after


def test_comments_of_the_gate_are_kept_above_the_pipeline() -> None:
    method = (
        "async def f(self, xs):\n    # all of them\n    for x in xs:  # in order\n"
        "        # but not when\n        if self.stop.is_set():  # asked to\n"
        "            break\n        await self.g(x)\n        self.n += 1\n"
    )
    after = _rewrite(_in_class(method)).after
    assert after.endswith(
        "    async def f(self, xs):\n"
        "        # all of them\n"
        "        async def each_x(x):\n"
        "            await self.g(x)\n"
        "            self.n += 1\n"
        "\n"
        "        # in order\n"
        "        # but not when\n"
        "        # asked to\n"
        "        await last_value_from(\n"
        "            pull_from(xs).pipe(\n"
        "                take_until(self.stop), concat_map(each_x), ops.default_if_empty()\n"
        "            )\n"
        "        )\n"
    )


def test_the_type_of_items_may_be_known_to_type_checkers_only() -> None:
    text = (
        "import asyncio\nclass Job: ...\nclass A:\n    def __init__(self):\n"
        "        self.stop = asyncio.Event()\n    def halt(self):\n        self.stop.set()\n"
        "    async def run(self, items: list[Job]) -> None:\n        for item in items:\n"
        "            if self.stop.is_set():\n                break\n"
        "            await self.work(item)\n            await self.rest(item)\n"
    )
    assert "async def each_item(item: Job) -> None:" in _rewrite(text).after
    local = text.replace("items: list[Job]", "n: int").replace(
        "        for item", "        items: list[Job] = load(n)\n        for item"
    )
    assert "async def each_item(item):" in _rewrite(local).after
