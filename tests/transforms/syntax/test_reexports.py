"""What other files take from a file that imported it for itself."""

from __future__ import annotations

import pytest

from transforms.syntax.reexports import taken


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from app.waiting import retry, other", [("waiting", "retry")]),
        ("from . import gather", [("__init__", "gather")]),
        ("from asyncio import gather", []),
        ("import app.waiting\nx = app.waiting.asyncio.Event()", [("waiting", "asyncio")]),
        ("from app import waiting\nwaiting.sleep(1)", [("waiting", "sleep")]),
        ("import app.waiting as w\nw.asyncio.run(f())", [("waiting", "asyncio")]),
        ("from app import other as o, waiting as w\nw.tenacity.retry", [("waiting", "tenacity")]),
        ("import time, asyncio\ntime.sleep(1)\nasyncio.gather()\nself.gather()", []),
        ("import asyncio as aio\naio.sleep(1)", []),
        ("import anyio as a\nfrom redis.asyncio import Redis\nf(x).asyncio", []),
    ],
)
def test_names_and_the_modules_that_they_are_taken_from(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert list(taken(text.encode())) == expected
