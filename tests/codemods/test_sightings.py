"""What counts as a place, or a word, that may stand for a primitive, and what does not."""

from __future__ import annotations

import pytest

from codemods.inventory import may_hold
from codemods.sightings import Sightings, sightings
from transforms.syntax.excerpt import Layout

ASYNC = frozenset({"sleep", "gather", "Semaphore"})
TENACITY = frozenset({"retry", "AsyncRetrying"})
PRIMITIVES = {"asyncio": ASYNC, "tenacity": TENACITY}


def seen(text: str) -> Sightings:
    return sightings(Layout(text), PRIMITIVES)


@pytest.mark.parametrize(
    "use",
    [
        pytest.param("asyncio.sleep(1)", id="call"),
        pytest.param("asyncio.tasks.sleep(1)", id="submodule"),
        pytest.param("asyncio.sleep=fake", id="assigned"),
        pytest.param('f"""{asyncio.sleep(1)}"""', id="long-f-string"),
        pytest.param('f"{asyncio.sleep(1)}"', id="f-string"),
        pytest.param("tenacity.asyncio.AsyncRetrying()", id="asyncio-of-tenacity"),
    ],
)
def test_a_chain_on_the_module_is_seen(use: str) -> None:
    found = seen(f"import asyncio, tenacity\nx = 1; {use}\n")
    assert len(found.chains) == 1
    assert not found.words


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# asyncio.sleep", id="comment"),
        pytest.param('"""asyncio.sleep"""', id="docstring"),
        pytest.param("patch('asyncio.sleep')", id="string"),
        pytest.param("import asyncio\nasyncio.run(main())\ntime.sleep(1)", id="other-name"),
        pytest.param("import os, asyncio.tasks  # sleep", id="plain-import"),
        pytest.param("from asyncio import Lock, create_task as go\nsleep()", id="other-import"),
        pytest.param("from tenacity.wait import wait_fixed\nretry = 1", id="from-submodule"),
        pytest.param("@pytest.mark.asyncio\nsleep(1)", id="behind-a-dot"),
        pytest.param("from app.asyncio import sleep", id="another-module"),
        pytest.param("from .asyncio import sleep", id="relative"),
        pytest.param("asyncio_mode = 1; myasyncio.sleep(1)", id="longer-word"),
        pytest.param("asyncio.subprocess.sleep_not = 1", id="nothing-of-ours"),
    ],
)
def test_what_cannot_be_a_primitive_is_not(text: str) -> None:
    found = seen(text)
    assert not found.chains
    assert not found.words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("from asyncio import sleep", {"sleep"}, id="import"),
        pytest.param("from asyncio import sleep as nap, run", {"nap"}, id="as"),
        pytest.param("from asyncio.tasks import gather", {"gather"}, id="submodule"),
        pytest.param("from tenacity.retry import retry_base", set(), id="other-of-submodule"),
        pytest.param("from asyncio import (\n  Lock,\n  sleep,\n)", {"sleep"}, id="lines"),
        pytest.param("from asyncio import (  # all\n  Lock,\n)", ASYNC, id="comment-between"),
        pytest.param("from asyncio import \\\n  Lock", ASYNC, id="line-goes-on"),
        pytest.param("from asyncio import *", ASYNC, id="star"),
        pytest.param("from asyncio import tasks", ASYNC, id="a-module-of-it"),
        pytest.param("from asyncio import Lock; x = 1", ASYNC, id="two-statements"),
        pytest.param("import asyncio as aio", ASYNC, id="import-as"),
        pytest.param("import asyncio.tasks as t", ASYNC, id="module-as"),
        pytest.param("aio = asyncio", ASYNC, id="assigned"),
        pytest.param("t = asyncio.tasks", ASYNC, id="part-assigned"),
        pytest.param("asyncio .sleep(1)", ASYNC, id="blank"),
        pytest.param("asyncio.\\\nsleep(1)", ASYNC, id="dot-at-the-end"),
        pytest.param("x = 1\r# asyncio\rasyncio .sleep()", ASYNC, id="old-line-ends"),
    ],
)
def test_other_names_are_words(text: str, words: set[str]) -> None:
    found = seen(text)
    assert found.words == words
    assert found.mentions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import asyncio\nasyncio.sleep(1)", True),
        ("from asyncio import sleep\nsleep(1)", True),
        ("loop.run_in_executor(None, f)", True),
        ("wave2 = await f(wave1)", True),
        ("import asyncio\nimport time\ntime.sleep(1)", False),
        ('"""Like asyncio.sleep."""', False),
        ("import asyncio\nsem._value = 1", False),
    ],
)
def test_a_text_may_hold_primitives(text: str, expected: bool) -> None:
    assert may_hold(text) is expected
