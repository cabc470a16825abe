"""Makes a request again by an operator when the other side asks for patience.

Recognises:
    A ``for`` loop over ``range`` (or ``count``) around a ``try`` whose ``except`` expects a rate
    limit (``RateLimitError``, ``TooManyRequests``, ``Throttled``; or it asks for a 429) and
    awaits ``asyncio.sleep(delay)`` before the next round; the ``try`` ends in ``return`` or
    ``break``, or raises.

Emits:
    ``await last_value_from(upload_with_retry(record, request, max_attempts=n,
    retry_on=RateLimitError, backoff=...))``. What one round does becomes ``request``, what it
    does about the error before it waits becomes ``backoff``, each a lambda if it is one
    expression; ``record`` is the parameter that the request is about. Where other code might
    raise the same error, or only some of them are worth another attempt, ``request`` says
    ``raise TryAgain from exc`` in the handler, and only that is repeated. Where something is
    left to be done when all attempts are used up, it stays behind the pipeline, which gives
    ``PENDING`` then.

Keeps:
    Result order: there is one result, that of the attempt that succeeds.
    First error: after the last attempt the error itself; any other exception at once.
    Siblings: none.
    Cancellation: it arrives in the attempt or in the wait, in the same task.
    Timing: the same waits, made of the same expressions, with as many random draws; no wait
        after the last attempt unless the loop waited there.
    Context: attempts run in the task that awaits, with its context variables.

Refuses:
    not-in-function: the loop stands in no ``async def``.
    yield-in-loop: the function yields.
    frame-dependent: code of the loop looks at the function around it, or is at one with its
        handlers.
    several-attempts: more than one ``try`` of the loop may lead to another round.
    several-handlers: more than one ``except`` leads to another round.
    no-retry: no ``except`` leads to another round.
    finally-in-retry: a ``finally`` runs after the wait, and would run before it.
    goes-on-after-success: the loop goes on when nothing failed.
    catches-cancellation: the ``except`` catches cancellations, too.
    several-waits: a sleep of the handler is no statement of its own, or there is none.
    works-through-items: the loop goes through items, not through numbers.
    retry-condition: the condition of the loop does more than count.
    arguments-unclear: the number of attempts cannot be told.
    work-after-wait: more than counting is done between the wait and the next round.
    handler-traceback: the handler writes a traceback down after it has decided to wait.
    several-ends: ways out of the loop that code below it tells apart.
    continue-skips-wait: a ``continue`` starts the next round without a failure.
    loop-variables: a variable goes from one round to another, or outlives the loop, and has no
        value before it.
    maybe-unbound: a variable that the loop reads may have no value yet.

Example:
    rate_limit_retry/model_client_full_jitter
"""

from __future__ import annotations

from transforms.rule import Rule
from transforms.syntax.retry_site import Finder, Transformer
from transforms.syntax.retry_writer import Words

find = Finder(
    "rate-limit-retry",
    Words(
        operator="upload_with_retry",
        errors="retry_on",
        attempt=("request", "send_request", "request_once"),
    ),
    takes_record=True,
)

RULE = Rule(
    code="RX105",
    name="rate-limit-retry",
    tier=1,
    summary="a retry loop on a rate limit becomes upload_with_retry",
    kinds=frozenset({"rate-limit-retry"}),
    operators=frozenset({"PENDING", "TryAgain", "last_value_from", "upload_with_retry"}),
    find=find,
    transformer=Transformer,
    doc=__doc__,
)
