"""What the engine promises of every rule: names, results that compile, a second run."""

from __future__ import annotations

import pytest

from codemods.rewrite import FileResult, Settings, rewrite
from transforms import RULES

_IMPORTED = """\
import asyncio
import reactivex as rx
from reactivex import operators as ops
from _operators import last_value_from, poll
"""


def _rewrite(text: str) -> FileResult:
    settings = Settings(rules=RULES, operators_module="_operators", line_length=100)
    return rewrite(text, "module.py", settings)


def _outcomes(text: str) -> list[tuple[str, str | None]]:
    return [(site.outcome, site.reason) for site in _rewrite(text).sites]


@pytest.mark.parametrize(
    "head",
    [
        "async def wait(job, rx):",
        "async def wait(job, *, poll=True):",
        "async def wait(job):\n    ops = job.ops",
        "async def wait(job):\n    from elsewhere import poll",
        "async def wait(job):\n    def poll(): ...",
        "async def wait(job, last_value_from=3):",
    ],
)
@pytest.mark.parametrize("imports", ["import asyncio\n", _IMPORTED], ids=["new", "imported"])
def test_a_name_that_is_hidden_is_not_used(imports: str, head: str) -> None:
    text = f"{imports}\n{head}\n    while not await job.done():\n        await asyncio.sleep(1)\n"
    assert _outcomes(text) == [("refused", "name-conflict")]


@pytest.mark.parametrize(
    "line",
    [
        "poll = 3",
        "def poll(): ...",
        "from elsewhere import poll",
        "if job:\n    from elsewhere import poll",
    ],
)
def test_a_name_that_the_module_binds_anew_is_not_used(line: str) -> None:
    loop = "async def wait(job):\n    while not await job.done():\n        await asyncio.sleep(1)\n"
    assert _outcomes(f"{_IMPORTED}{line}\n{loop}") == [("refused", "name-conflict")]


def test_names_that_mean_what_they_should_may_be_used_elsewhere() -> None:
    text = """\
ONE = rx.of(1)

class Job:
    async def poll(self):
        await last_value_from(rx.timer(1))
        while not await self.done():
            await asyncio.sleep(1)
"""
    assert _outcomes(_IMPORTED + text) == [("pipeline", None)]
