"""RX103, in the small: which loops are retries on a conflict, and what they become.

Real code is in golden/occ_retry.
"""

from __future__ import annotations

import textwrap

import pytest

from codemods.rewrite import FileResult, Settings, rewrite
from transforms import occ_retry

SETTINGS = Settings(rules=[occ_retry.RULE], operators_module="_operators", line_length=300)
HEAD = "class ConflictError(Exception): ...\nclass StaleError(ConflictError): ...\n"


def _rewrite(body: str, parameters: str = "db, n, pause") -> FileResult:
    head = f"import asyncio\nimport random\n\n{HEAD}\n\nasync def f({parameters}):"
    return rewrite(f"{head}\n{textwrap.indent(body, '    ')}\n", "f.py", SETTINGS)


def _loop(
    handler: str = "await asyncio.sleep(1)",
    head: str = "while True:",
    attempt: str = "return await db.put(n)",
    caught: str = "ConflictError as exc",
    behind: str = "",
) -> str:
    body = (
        f"try:\n{textwrap.indent(attempt, '    ')}\nexcept {caught}:\n"
        f"{textwrap.indent(handler, '    ')}\n{behind}"
    )
    return f"{head}\n{textwrap.indent(body, '    ')}"


def _written(result: FileResult) -> str:
    """The body of the function, without line breaks."""
    _, _, body = result.after.partition("async def f")
    _, _, body = body.partition(":")
    return " ".join(body.split())


def _reason(result: FileResult) -> str | None:
    (site,) = (site for site in result.sites if site.primitive.kind == "conflict-retry")
    assert result.after == result.before
    return site.reason


LAST = "if attempt == n - 1:\n    raise\nawait asyncio.sleep(1)"


@pytest.mark.parametrize(
    ("head", "test", "attempts"),
    [
        ("for attempt in range(n):", "attempt == n - 1", "n"),
        ("for attempt in range(n):", "attempt >= n - 1", "n"),
        ("for attempt in range(n):", "attempt + 1 == n", "n"),
        ("for attempt in range(n):", "n - 1 == attempt", "n"),
        ("for attempt in range(n):", "n <= attempt + 1", "n"),
        ("for attempt in range(n):", "not attempt < n - 1", "n"),
        ("for attempt in range(n):", "attempt > n - 2", "n"),
        ("for attempt in range(1, n + 1):", "attempt == n", "n"),
        ("for attempt in range(1, n):", "attempt == n - 1", "n - 1"),
        ("for attempt in range(n + 1):", "attempt == n", "n + 1"),
        ("for attempt in range(3):", "attempt == 2", "3"),
    ],
)
def test_last_attempt(head: str, test: str, attempts: str) -> None:
    written = _written(_rewrite(_loop(LAST.replace("attempt == n - 1", test), head)))
    assert f"max_attempts={attempts}, conflict=ConflictError, backoff=lambda *_: 1)" in written
    assert "exhausted" not in written


@pytest.mark.parametrize(
    ("head", "test"),
    [
        ("for attempt in range(n):", "attempt == n"),
        ("for attempt in range(n):", "attempt > n - 1"),
        ("for attempt in range(1, n + 1):", "attempt == n - 1"),
        ("for attempt in range(n):", "attempt == n - 2"),
        ("for attempt in range(n):", "attempt <= n - 1"),
        ("for attempt in range(n):", "attempt == pause"),
        ("for attempt in range(n):", "attempt == db.limit - 1"),
        ("for attempt in range(db.limit):", "attempt == db.limit - 1"),
    ],
)
def test_a_test_that_is_not_about_the_last_attempt_stays(head: str, test: str) -> None:
    written = _written(_rewrite(_loop(LAST.replace("attempt == n - 1", test), head)))
    assert f"if {test}: raise exc return 1" in written
    assert "exhausted=None)" in written


@pytest.mark.parametrize(
    ("head", "wait", "backoff"),
    [
        ("for k in range(n):", "0.1 * 2**k", "lambda k, _: 0.1 * 2**k"),
        ("for k in range(1, n + 1):", "0.1 * 2 ** (k - 1)", "lambda nth, _: 0.1 * 2**nth"),
        ("for k in range(1, n + 1):", "0.1 * k", "lambda nth, _: 0.1 * (nth + 1)"),
        ("for k in range(2, n):", "0.1 * (k - 1)", "lambda nth, _: 0.1 * (nth + 1)"),
        ("for k in range(n):", "exc.after", "lambda _, exc: exc.after"),
        ("for k in range(n):", "max(k, exc.after)", "lambda k, exc: max(k, exc.after)"),
        ("for k in range(n):", "pause", "lambda *_: pause"),
        ("while True:", "(pause)", "lambda *_: pause"),
    ],
)
def test_wait(head: str, wait: str, backoff: str) -> None:
    result = _rewrite(_loop(f"await asyncio.sleep({wait})", head))
    assert f"backoff={backoff}" in _written(result)


@pytest.mark.parametrize(
    ("wait", "known"),
    [
        ("min(pause * 2**k + random.uniform(0, pause), 5)", True),
        ("min(5, random.uniform(0, pause) + 2**k * pause)", True),
        ("min(pause * 2 ** (k + 1) + random.uniform(0, pause), 5)", False),
        ("min(pause * 3**k + random.uniform(0, pause), 5)", False),
        ("min(pause * 2**k + random.uniform(0, 1), 5)", False),
        ("min(pause * 2**k + random.uniform(0.1, pause), 5)", False),
        ("pause * 2**k + random.uniform(0, pause)", False),
        ("min(pause * 2**k, 5) + random.uniform(0, pause)", False),
        ("min(db.pause * 2**k + random.uniform(0, db.pause), 5)", False),
        ("random.uniform(0, min(5, pause * 2**k))", False),
    ],
)
def test_the_wait_of_the_operator_itself(wait: str, known: bool) -> None:
    written = _written(_rewrite(_loop(f"await asyncio.sleep({wait})", "for k in range(n):")))
    assert ("base_delay=pause, cap=5" in written) is known
    assert ("backoff=" in written) is not known


@pytest.mark.parametrize(
    ("loop", "signals"),
    [
        (_loop(), False),
        (_loop(attempt="row = await db.get(n)\nreturn await db.put(row)"), False),
        (_loop(head="while True:\n    row = await db.get(n)"), True),
        (_loop(head="while True:\n    row = n"), False),
        (_loop(head="while True:\n    row = db.row(n)"), True),
        (_loop(caught="db.ConflictError"), True),
        (_loop(caught="(ConflictError, KeyError)"), False),
        (_loop("await asyncio.sleep(1)\ncontinue", attempt="row = n", behind="return row"), False),
        (
            _loop("await asyncio.sleep(1)\ncontinue", attempt="row = n", behind="return db(row)"),
            True,
        ),
        (_loop(caught="StaleError:\n    raise\nexcept ConflictError"), True),
        (_loop(behind="except OSError:\n    raise"), False),
        (_loop(behind="except OSError as e:\n    raise RuntimeError from e"), True),
    ],
)
def test_only_what_the_handler_was_for_is_tried_again(loop: str, signals: bool) -> None:
    written = _written(_rewrite(loop))
    assert ("raise TryAgain from exc" in written) is signals
    assert ("conflict=TryAgain" in written) is signals


@pytest.mark.parametrize(
    ("behind", "ending"),
    [
        ("", "exhausted=None"),
        ("return None", "exhausted=None"),
        ("return False", "exhausted=False"),
        ("return []", "exhausted=PENDING) ) if result is not PENDING: return result return []"),
        ("raise LookupError", "if result is not PENDING: return result raise LookupError"),
        ("db.close()\nreturn 1", "if result is not PENDING: return result db.close() return 1"),
    ],
)
def test_what_is_left_to_do(behind: str, ending: str) -> None:
    loop = _loop("await asyncio.sleep(1)", "for attempt in range(n):")
    assert ending.replace(" ", "") in _written(_rewrite(f"{loop}\n{behind}")).replace(" ", "")


@pytest.mark.parametrize(
    ("limit", "behind", "guard"),
    [
        ("n", "raise LookupError", "if n > 0: return await"),
        ("n + 1", "raise LookupError", "if n >= 0: return await"),
        ("n - 1", "raise LookupError", "if n > 1: return await"),
        ("n", "", None),
        ("3", "raise LookupError", None),
    ],
)
def test_no_attempt_at_all(limit: str, behind: str, guard: str | None) -> None:
    last = LAST.replace("n - 1", f"{limit} - 1")
    written = _written(_rewrite(f"{_loop(last, f'for attempt in range({limit}):')}\n{behind}"))
    assert ("> 0" in written or ">= 0" in written or "> 1" in written) is (guard is not None)
    assert guard is None or guard in written


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (_loop(head="for _ in (1, 2):"), "works-through-items"),
        (_loop(head="for _ in range(0, 9, 2):"), "works-through-items"),
        (_loop(head="while db.open:"), "retry-condition"),
        (_loop(attempt="db.put(n)"), "goes-on-after-success"),
        (_loop(behind="finally:\n    db.close()"), "finally-in-retry"),
        (_loop(caught="(ConflictError, asyncio.CancelledError)"), "catches-cancellation"),
        (_loop(behind="except OSError:\n    pass"), "several-handlers"),
        (_loop("await asyncio.sleep(1)\nprint(n)"), "work-after-wait"),
        (_loop("await asyncio.sleep(1, n)"), "several-waits"),
        (_loop("if n:\n    await asyncio.sleep(1)\n    return 2\nraise"), "no-retry"),
        (_loop("print(locals())\nawait asyncio.sleep(1)"), "frame-dependent"),
        (
            _loop("await asyncio.sleep(k)", attempt="k = 1\nreturn await db.put(n)"),
            "loop-variables",
        ),
        (_loop("if db.closed:\n    break\nawait asyncio.sleep(1)"), "several-ends"),
        (_loop(attempt="if n:\n    return 1\nbreak"), "several-ends"),
    ],
)
def test_reasons(body: str, reason: str) -> None:
    assert _reason(_rewrite(body)) == reason


def test_growing_waits_stay_the_functions() -> None:
    body = "delay = pause\n" + _loop("await asyncio.sleep(delay)\ndelay = min(delay * 2, 1.0)")
    written = _written(_rewrite(body))
    assert "nonlocal delay if nth: delay = min(delay * 2, 1.0) return delay" in written


def test_a_wait_that_is_passed_by_does_not_grow() -> None:
    handler = "if db.quick:\n    continue\nawait asyncio.sleep(delay)\ndelay *= 2"
    written = _written(_rewrite(f"delay = pause\n{_loop(handler)}"))
    assert "if db.quick: return PENDING seconds = delay delay *= 2 return seconds" in written


def test_a_counter_that_says_no_more_than_the_operator_goes() -> None:
    handler = "tries += 1\nif tries >= n:\n    raise\nawait asyncio.sleep(tries)"
    written = _written(_rewrite(f"tries = 0\n{_loop(handler)}"))
    assert "tries" not in written
    assert "max_attempts=max(1, n)" in written
    assert "backoff=lambda nth, _: nth + 1" in written


def test_a_counter_that_is_read_behind_stays() -> None:
    handler = "tries += 1\nif tries >= n:\n    break\nawait asyncio.sleep(tries)"
    body = f"tries = 0\n{_loop(handler, 'while tries < n:')}\nreturn tries"
    assert "tries += 1 if tries >= n: return PENDING return tries" in _written(_rewrite(body))


def test_an_attempt_that_counts() -> None:
    body = _loop("await asyncio.sleep(k)", "for k in range(n):", "return await db.put(k)")
    written = _written(_rewrite(body))
    assert written.startswith("k = -1 async def transition(): nonlocal k k += 1 return await")
    assert "backoff=lambda *_: k" in written


def test_types_are_told_as_around_it() -> None:
    body = _loop("print(exc)\nawait asyncio.sleep(1)", attempt="x = n\nreturn await db.put(x)")
    result = _rewrite(body, "db: object, n: int")
    assert "def backoff(_: int, exc: ConflictError) -> float:" in result.after


def test_the_report_says_what_was_found() -> None:
    (loop, sleep) = _rewrite(_loop(LAST, "for attempt in range(n):")).sites
    assert loop.parameters == (
        ("exception", "ConflictError"),
        ("attempts", "n"),
        ("seconds", "1"),
    )
    assert loop.parameters == sleep.parameters
    assert (loop.outcome, loop.exact) == ("pipeline", True)


def test_what_goes_on_over_an_outer_loop_is_never_late() -> None:
    loop = _loop("await asyncio.sleep(delay)\ndelay *= 2", attempt="await db.put(n)\nbreak")
    inside = textwrap.indent(loop, "    ")
    written = _written(_rewrite(f"delay = pause\nfor n in db:\n{inside}"))
    assert "seconds = delay delay *= 2 return seconds" in written
    written = _written(_rewrite(f"for n in db:\n    delay = pause\n{inside}"))
    assert "if nth: delay *= 2 return delay" in written


def test_a_counter_that_goes_on_over_an_outer_loop_stays() -> None:
    handler = "tries += 1\nif tries >= n:\n    raise\nawait asyncio.sleep(1)"
    loop = textwrap.indent(_loop(handler, attempt="await db.put(n)\nbreak"), "    ")
    written = _written(_rewrite(f"tries = 0\nfor row in db:\n{loop}"))
    assert "nonlocal tries tries += 1 if tries >= n: raise exc return 1" in written
    assert "max_attempts=None" in written


def test_a_comment_of_the_handler_goes_where_its_code_goes() -> None:
    body = _loop().replace("ConflictError as exc:", "ConflictError as exc:  # lost the race")
    assert "    # lost the race\n    return await last_value_from(" in _rewrite(body).after
    body = _loop("print(n)\nawait asyncio.sleep(1)", caught="ConflictError as exc")
    body = body.replace("as exc:", "as exc:  # lost the race")
    assert "):\n        # lost the race\n        print(n)\n" in _rewrite(body).after


def test_the_wait_comes_first_where_comments_would_change_places() -> None:
    behind = "except OSError as e:\n    # another\n    raise RuntimeError from e"
    after = _rewrite(_loop("# again\nawait asyncio.sleep(1)", behind=behind)).after
    assert after.index("# again") < after.index("async def transition") < after.index("# another")


def test_a_remark_for_tools_stays_on_its_line() -> None:
    body = _loop().replace("ConflictError as exc:", "ConflictError as exc:  # noqa: BLE001")
    result = _rewrite(body)
    assert not result.changed or "except ConflictError as exc:  # noqa: BLE001" in result.after


def test_a_name_that_is_read_is_no_name_for_what_is_not_used() -> None:
    result = _rewrite(_loop("print(_('lost'))\nawait asyncio.sleep(1)"), "db, n, _")
    assert "def backoff(_n, _error): print(_('lost')) return 1" in _written(result)
    result = _rewrite(_loop("await asyncio.sleep(_)"), "db, n, _")
    assert "backoff=lambda *_unused: _)" in _written(result)


def test_two_in_one_function() -> None:
    first = _loop("print(n)\nawait asyncio.sleep(1)", attempt="n = 1\nawait db.put()\nbreak")
    second = _loop("print(n)\nawait asyncio.sleep(2)", attempt="m = n\nreturn await db.put(m)")
    written = _written(_rewrite(f"{first}\n{second}"))
    assert "occ_transition(transition, max_attempts=None" in written.replace("( ", "(")
    assert "occ_transition(transition_2, max_attempts=None" in written.replace("( ", "(")
    assert written.count("def backoff(") == written.count("def backoff_2(") == 1


def test_comments_inside_a_call_stay_there() -> None:
    attempt = "await db.put(\n    n,  # inside\n)\nreturn n"
    body = _loop("await asyncio.sleep(1)  # behind", "for k in range(n):  # head", attempt)
    result = _rewrite(f"# above\n{body.replace('  # head', '')}")
    assert result.changed
    places = [result.after.index(f"# {word}") for word in ("above", "inside", "behind")]
    assert places == sorted(places)


def test_guards_on_one_line() -> None:
    last = "if attempt == n - 1: raise\nawait asyncio.sleep(1)"
    written = _written(_rewrite(_loop(last, "for attempt in range(n):")))
    assert "max_attempts=n, conflict=ConflictError, backoff=lambda *_: 1)" in written


def test_an_annotation_that_only_the_class_knows_is_not_repeated() -> None:
    loop = textwrap.indent(_loop(attempt="row = await db.get()\nreturn await db.put(row)"), " " * 8)
    text = (
        f"import asyncio\n\n{HEAD}\n\nclass Store:\n    class Row: ...\n\n"
        f"    async def put(self, db) -> Row:\n{loop}\n"
    )
    assert "async def transition():\n" in rewrite(text, "f.py", SETTINGS).after
    known = text.replace(" -> Row", " -> Store")
    assert "async def transition() -> Store:\n" in rewrite(known, "f.py", SETTINGS).after
