"""Makes an optimistic transition again by an operator, not by a loop.

Recognises:
    A ``while`` or ``for`` loop around a ``try`` whose ``except`` expects a conflict (its name
    says so: ``ConflictError``, ``StaleVersion``) and awaits ``asyncio.sleep(backoff)`` before
    the next round; the ``try`` ends in ``return`` or ``break``, or raises.

Emits:
    ``await last_value_from(occ_transition(transition, max_attempts=n, conflict=ConflictError,
    backoff=...))``. What one round does becomes ``transition``, what it does about a conflict
    before it waits becomes ``backoff``, each a lambda if it is one expression. Where code
    outside the ``try`` might raise the conflict as well, ``transition`` says ``raise TryAgain
    from exc`` in the handler, and only that is repeated. Where something is left to be done
    when all attempts are used up, it stays behind the pipeline, which gives ``PENDING`` then.

Keeps:
    Result order: there is one result, that of the attempt that succeeds.
    First error: after the last attempt the conflict itself; any other exception at once.
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
    occ_retry/orders_by_version
"""

from __future__ import annotations

from transforms.rule import Rule
from transforms.syntax.retry_site import Finder, Transformer
from transforms.syntax.retry_writer import Words

find = Finder(
    "conflict-retry",
    Words(
        operator="occ_transition",
        errors="conflict",
        attempt=("transition", "transition_once", "try_transition"),
    ),
    takes_record=False,
)

RULE = Rule(
    code="RX103",
    name="occ-retry",
    tier=1,
    summary="a retry loop on a conflict becomes occ_transition",
    kinds=frozenset({"conflict-retry"}),
    operators=frozenset({"PENDING", "TryAgain", "last_value_from", "occ_transition"}),
    find=find,
    transformer=Transformer,
    doc=__doc__,
)
