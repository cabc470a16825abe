"""RX105, in the small: which loops are retries on a rate limit, and what they become.

Real code is in golden/rate_limit_retry; what it shares with RX103 is tried in test_occ_retry.
"""

from __future__ import annotations

import textwrap

import pytest

from codemods.inventory import inventory
from codemods.rewrite import FileResult, Settings, rewrite
from transforms import rate_limit_retry

SETTINGS = Settings(rules=[rate_limit_retry.RULE], operators_module="_operators", line_length=300)
HEAD = "import asyncio\nimport random\n\n\nclass RateLimitError(Exception): ...\n\n\n"


def _text(attempt: str, handler: str, head: str, caught: str) -> str:
    body = (
        f"{head}\n    try:\n        {attempt}\n    except {caught} as e:\n"
        f"{textwrap.indent(handler, '        ')}\n"
    )
    return f"{HEAD}async def f(api, text, n, *rest, pause):\n{textwrap.indent(body, '    ')}"


def _rewrite(
    attempt: str = "return await api.send(text)",
    handler: str = "await asyncio.sleep(1)",
    head: str = "for k in range(n):",
    caught: str = "RateLimitError",
) -> FileResult:
    return rewrite(_text(attempt, handler, head, caught), "f.py", SETTINGS)


def _written(result: FileResult) -> str:
    return " ".join(result.after.partition("pause):")[2].split())


@pytest.mark.parametrize(
    ("attempt", "record"),
    [
        ("return await api.send(text)", "text, lambda text: api.send(text)"),
        ("return await api.send(to=text)", "text, lambda text: api.send(to=text)"),
        ("return await api.send(k, text)", "text, request"),
        ("return await api.send({'a': text}, 7)", "text, lambda text: api.send({'a': text}, 7)"),
        ("return await api.send(api, text)", "api, lambda api: api.send(api, text)"),
        ("return await api.send()", "None, lambda _: api.send()"),
        ("return await api.send(rest)", "None, lambda _: api.send(rest)"),
        ("return await api.send(RateLimitError)", "None, lambda _: api.send(RateLimitError)"),
        ("text = await api.send(text); break", "None, request"),
    ],
)
def test_record(attempt: str, record: str) -> None:
    written = _written(_rewrite(attempt)).replace("( ", "(")
    assert f"upload_with_retry({record}, max_attempts=n, retry_on=RateLimitError" in written


@pytest.mark.parametrize(
    ("wait", "known"),
    [
        ("random.uniform(0, min(9, pause * 2**k))", True),
        ("random.uniform(0, min(pause * 2**k, 9))", True),
        ("random.uniform(0.0, min(2**k * pause, 9))", True),
        ("random.uniform(0, min(9, pause * 2 ** (k + 1)))", False),
        ("random.uniform(1, min(9, pause * 2**k))", False),
        ("random.uniform(0, pause * 2**k)", False),
        ("api.uniform(0, min(9, pause * 2**k))", False),
        ("min(pause * 2**k + random.uniform(0, pause), 9)", False),
    ],
)
def test_the_wait_of_the_operator_itself(wait: str, known: bool) -> None:
    written = _written(_rewrite(handler=f"await asyncio.sleep({wait})"))
    assert ("base_delay=pause, cap=9" in written) is known
    assert ("backoff=" in written) is not known


@pytest.mark.parametrize(
    ("handler", "kept"),
    [
        (
            "if e.status == 429 and k < n - 1:\n    await asyncio.sleep(1)\nelse:\n    raise",
            "if e.status != 429: raise raise TryAgain from e",
        ),
        (
            "if e.status != 429 or k == n - 1:\n    raise\nawait asyncio.sleep(1)",
            "if e.status != 429 or k == n - 1: raise e return 1",
        ),
        (
            "if '429' not in str(e):\n    raise\nif k == n - 1:\n    raise\nawait asyncio.sleep(1)",
            "if '429' not in str(e): raise raise TryAgain from e",
        ),
        (
            "print(e)\nif k == n - 1:\n    raise\nawait asyncio.sleep(1)",
            "except Exception as e: print(e) raise",
        ),
    ],
)
def test_some_are_worth_another_attempt(handler: str, kept: str) -> None:
    result = _rewrite(handler=f"e.code == 429\n{handler}", caught="Exception")
    if result.changed:
        assert kept in _written(result)
    result = _rewrite(handler=handler)
    assert kept.replace("Exception", "RateLimitError") in _written(result)


@pytest.mark.parametrize(
    ("head", "caught", "handler", "is_one"),
    [
        ("for k in range(n):", "RateLimitError", "await asyncio.sleep(1)", True),
        ("while True:", "RateLimitError", "await asyncio.sleep(1)", True),
        ("while True:", "ThrottledError", "await asyncio.sleep(1)", True),
        ("for k in text:", "RateLimitError", "await asyncio.sleep(1)", False),
        ("while True:", "OSError", "await asyncio.sleep(1)", False),
        ("for k in range(n):", "OSError", "print(429)\nawait asyncio.sleep(1)", False),
        ("for k in range(n):", "OSError", "if '429' in e: await asyncio.sleep(1)", True),
        ("for k in range(n):", "OSError", "if 'rate limit' in e: await asyncio.sleep(1)", True),
        ("for k in range(n):", "OSError", "if e.status == 429: await asyncio.sleep(1)", True),
        ("while True:", "OSError", "if e.status == 429: await asyncio.sleep(1)", False),
    ],
)
def test_which_loops(head: str, caught: str, handler: str, is_one: bool) -> None:
    found = inventory(_text("return await api.send(text)", handler, head, caught), "f.py")
    assert ("rate-limit-retry" in {each.kind for each in found}) is is_one
