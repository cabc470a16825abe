"""The fixed list of refusal reasons: what each means, and what a reader can do about it.

One list for all rules, so that a reason means the same thing wherever it is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Reason:
    """``meaning`` completes "left alone, because …"; ``hint`` is the way out, if there is one."""

    meaning: str
    hint: str


REASONS: Mapping[str, Reason] = MappingProxyType(
    {
        "in-baseline": Reason(
            "the baseline lists it",
            "rewrite it with `codemods apply`, then take it off the list with --write-baseline",
        ),
        "rule-not-available": Reason(
            "no rule of this version rewrites this kind of primitive",
            "migrate it by hand, or suppress it with `# codemods: skip`",
        ),
        "rule-not-selected": Reason(
            "the rule that would take it was not selected",
            "select the rule with --select",
        ),
        "not-awaited": Reason(
            "the call is not awaited where it is made",
            "await the call directly",
        ),
        "shape-not-recognised": Reason(
            "no rule knows code of this shape",
            "migrate it by hand, or suppress it with `# codemods: skip`",
        ),
        "not-reproducible": Reason(
            "the parser does not give the file back as it was (a form feed in front of code, say)",
            "remove the odd whitespace",
        ),
        "result-unreadable": Reason(
            "the rewritten file would not have parsed: a defect of the tool, please report it",
            "nothing was changed; rewrite it by hand",
        ),
        "inside-another-site": Reason(
            "it stands inside code that another rewrite moves",
            "apply again: the second run sees it on its own",
        ),
        "arguments-unclear": Reason(
            "the arguments of the call cannot be told from the source",
            "pass them plainly, without `*` or `**`",
        ),
        "result-used": Reason(
            "the value of the expression is used",
            "make the wait a statement of its own",
        ),
        "sleep-zero": Reason(
            "`sleep(0)` gives way to the loop; it is no wait",
            "nothing to do: it stays",
        ),
        "name-conflict": Reason(
            "a name that the rewritten code needs is bound to something else in this file",
            "rename the local binding",
        ),
        "operators-edited": Reason(
            "the vendored operators module was edited by hand",
            "restore it (delete the file and apply again), or name another one with --operators",
        ),
        "failed-verification": Reason(
            "with it, the command that was to verify the rewrite came out differently",
            "please report it; suppress it with `# codemods: skip`, so that no later run makes it",
        ),
        "comment-in-the-way": Reason(
            "a comment stands inside the code that would be replaced and has no place then",
            "move the comment above the statement",
        ),
        "type-matters": Reason(
            "the file asks for the type of the object, or derives a class from it",
            "ask for what it can do instead of what it is, then apply again",
        ),
        "private-member": Reason(
            "code uses an attribute of it that the replacement does not have",
            "use its public methods only",
        ),
        "limiter-escapes": Reason(
            "the limiter is handed on to where nobody sees what is done with it",
            "keep it inside the file, or swap it by hand: `rate_limit(rate, period)`",
        ),
        "semaphore-escapes": Reason(
            "the semaphore is handed on to where nobody sees what is done with it",
            "keep it inside the file, or swap it by hand: `dynamic_semaphore(limit)`",
        ),
        "patched-elsewhere": Reason(
            "another file (a test, most likely) replaces the call as this module sees it",
            "let the test replace something of your own instead, then apply again",
        ),
        "event-escapes": Reason(
            "the event is handed on to where nobody sees what is done with it",
            "keep it inside the file, or swap it by hand: `EventSubject()`",
        ),
        "annotations-shared": Reason(
            "annotations of this file name its type, and another object of that type stays",
            "see why the other one stays; then apply again",
        ),
        "adapted-only": Reason(
            "permits are set at run time, and no limit of ours does with them what that does",
            'ask for it by `--adapted`, or `adapted = ["RX104"]` in the settings: then what is'
            " assigned is the limit, no longer the number of free places",
        ),
        "value-read": Reason(
            "the code reads `_value`, the number of free places, which is no limit",
            "keep the limit, or the count of what runs, in a variable of your own",
        ),
        "limit-unclear": Reason(
            "it cannot be told which semaphore it is, or what else takes its place",
            "make it in `__init__`, and change it only by way of `self`",
        ),
        "not-in-function": Reason(
            "the call stands in no function",
            "move it into an `async def`",
        ),
        "inside-f-string": Reason(
            "the call stands inside an f-string, and takes more than one line",
            "give the result a name first",
        ),
        "awaits-between-items": Reason(
            "something is awaited while the awaitables are made",
            "build the list in a statement of its own, then gather it",
        ),
        "several-waits": Reason(
            "the sleep is not the one wait of the loop, as a statement of its body",
            "wait in one place, at the top or at the bottom of the loop",
        ),
        "works-through-items": Reason(
            "the loop does something for each item; it does not ask until something is so",
            "nothing to do: it is no poll",
        ),
        "retry-loop": Reason(
            "the loop repeats what failed; it does not ask until something is so",
            "nothing to do: it is no poll",
        ),
        "no-check": Reason(
            "only an exception or a cancellation ends the loop",
            "nothing to do: a heartbeat is no poll",
        ),
        "worker-loop": Reason(
            "the loop does its work in rounds, and what ends it is not found out there",
            "nothing to do: it is no poll",
        ),
        "shutdown-loop": Reason(
            "the loop runs until an event is set",
            "it is for the rule shutdown-event (RX102)",
        ),
        "continue-skips-wait": Reason(
            "a `continue` starts the next round without a wait",
            "turn it into an `else`",
        ),
        "yield-in-loop": Reason(
            "the loop yields to its caller between its rounds",
            "move the polling into a coroutine of its own",
        ),
        "frame-dependent": Reason(
            "code looks at the function that it stands in (`locals()`, `super()`, `stacklevel`)",
            "take what it needs into a variable before",
        ),
        "several-attempts": Reason(
            "more than one `try` of the loop may lead to another round",
            "move what is tried again into a function of its own",
        ),
        "several-handlers": Reason(
            "more than one `except` leads to another round",
            "join them in one `except (A, B)`, or move the inner one into a function",
        ),
        "no-retry": Reason(
            "no `except` of the loop leads to another round",
            "nothing to do: it does not try again what failed",
        ),
        "finally-in-retry": Reason(
            "a `finally` runs after the wait, and would run before it",
            "move what needs the `finally` into a function of its own",
        ),
        "goes-on-after-success": Reason(
            "the loop goes on when nothing failed",
            "end the round by `return` or `break`, or move one round into a function of its own",
        ),
        "catches-cancellation": Reason(
            "the `except` catches cancellations, too",
            "name the exceptions that are worth another attempt",
        ),
        "retry-condition": Reason(
            "the condition of the loop does more than count attempts",
            "count them, and ask the other question inside the loop",
        ),
        "work-after-wait": Reason(
            "more than counting is done between the wait and the next round",
            "do it before the wait, or at the start of the round",
        ),
        "handler-traceback": Reason(
            "the handler writes a traceback down after it has decided to wait",
            "log the traceback first, then decide",
        ),
        "several-ends": Reason(
            "the loop returns in one place and is left in another, with different code to follow",
            "move the loop into a coroutine of its own that only returns",
        ),
        "loop-variables": Reason(
            "a variable of the loop lives on outside it and has no value before it",
            "give it a value in front of the loop",
        ),
        "maybe-unbound": Reason(
            "a variable that would be read from inside a function may have no value by then",
            "give it a value on every way to this place",
        ),
        "polls-inside": Reason(
            "another polling loop stands inside, and that one is rewritten",
            "move the inner loop into a coroutine of its own",
        ),
        "bounded-release": Reason(
            "a BoundedSemaphore objects to a release too many, and the file calls `release()`",
            "use `async with`, or a plain Semaphore",
        ),
        "companion-refused": Reason(
            "it can only be rewritten together with another site, which is left as it is",
            "see the reason there",
        ),
        "wave-not-assigned": Reason(
            "a wave's result is not assigned to one variable in a line of its own",
            "write `name = await call(...)`, and unpack the result below it",
        ),
        "waves-apart": Reason(
            "the waves, or the write between them, do not stand in one block",
            "move them into one block, or into a function of their own",
        ),
        "wave-in-loop": Reason(
            "the waves stand inside a loop",
            "move the body of the loop into a function",
        ),
        "wave-in-handler": Reason(
            "the waves stand in an `except` or `finally`, where an exception is being handled",
            "move them into a function",
        ),
        "wave-in-generator": Reason(
            "the function yields between what would become steps of a pipeline",
            "move the waves into a function that does not yield",
        ),
        "another-chain-here": Reason(
            "the function holds more than one chain of waves",
            "give each chain a function of its own",
        ),
        "return-between-waves": Reason(
            "a `return` between the waves leaves a function that goes on after their block",
            "move the waves into a function of their own",
        ),
        "variable-unbound": Reason(
            "a variable that the waves use may be unbound by then",
            "bind it on every way that leads there",
        ),
        "variables-shared": Reason(
            "a variable that is bound between the waves is used outside of them",
            "move what uses it behind the waves into the same function, or return it from there",
        ),
        "frame-matters": Reason(
            "the code between the waves looks at the function that it runs in",
            "compute it above the waves",
        ),
        "value-kept-alive": Reason(
            "a variable keeps a value alive that would go earlier in a pipeline",
            "create it above the waves, or use it (or close it) behind them",
        ),
        "other-event-loop": Reason(
            "the file imports a library that may await without asyncio's event loop",
            "nothing to do if it runs on one; migrate it by hand otherwise",
        ),
        "awaits-in-arguments": Reason(
            "an argument of the awaited call is awaited itself",
            "await it in a line of its own, above",
        ),
        "loop-unknown": Reason(
            "nothing says that it is asyncio's event loop whose executor is asked for",
            "ask for it where it is used: `asyncio.get_running_loop()`",
        ),
        "waits-before-first": Reason(
            "it sleeps before the first launch, too",
            "sleep between the launches only: `if i > 0: await asyncio.sleep(…)`",
        ),
        "waits-after-last": Reason(
            "it sleeps after the last launch, too",
            "sleep between the launches only: `if i > 0: await asyncio.sleep(…)`",
        ),
        "launch-unclear": Reason(
            "a round of the loop does more than start one task, or starts it in its own way",
            "move the rest into the coroutine function that is started",
        ),
        "items-may-change": Reason(
            "the loop's collection may be lazy, or be changed while the loop waits",
            "iterate over a copy: `list(items)`, or annotate the parameter as a collection",
        ),
        "delay-unsteady": Reason(
            "the wait may differ from round to round, or may be None",
            "read it into a local variable above the loop",
        ),
        "tasks-used-elsewhere": Reason(
            "the list of tasks is used for more than the gather",
            "leave the list to the launches and their gather alone",
        ),
        "loop-variable-used": Reason(
            "a variable of the loop is read behind it",
            "keep what you need in a variable of its own",
        ),
        "no-gather-behind": Reason(
            "the next statement does not await a gather of the launched tasks",
            "put `await asyncio.gather(*tasks)` right below the loop",
        ),
        "option-untranslated": Reason(
            "it uses an option of tenacity that has no counterpart in the operators",
            "say it with other options, or as a function of the state, then apply again",
        ),
        "option-unclear": Reason(
            "what an option does cannot be told from this file",
            "give the strategy in the call itself, or a function of this file",
        ),
        "state-member": Reason(
            "a function that tenacity calls uses a member of the state that the new one lacks",
            "use its other members",
        ),
        "retry-attributes": Reason(
            "a file uses what tenacity adds to the function: retry, retry_with, statistics",
            "count in a callback, and patch what the function calls instead of its `retry`",
        ),
        "names-shared": Reason(
            "other code of the file uses the same name of tenacity",
            "migrate that code by hand, or import the module there: `tenacity.stop_never`",
        ),
        "import-guarded": Reason(
            "tenacity is imported in an `if` or a `try`",
            "import it at the top of the file",
        ),
        "retrying-kept": Reason(
            "the retrying object is kept, passed on or called, not looped over where it is made",
            "loop over it directly: `async for attempt in AsyncRetrying(...)`",
        ),
        "retry-outside-function": Reason(
            "the loop stands at module or class level",
            "move it into a function",
        ),
        "work-around-attempt": Reason(
            "a round of the retry loop does more than `with attempt:`",
            "move it into the `with`, or into a callback of the policy",
        ),
        "attempt-used": Reason(
            "the attempt object is used for more than `with attempt:`",
            "take what it says in a callback of the policy",
        ),
        "jump-in-attempt": Reason(
            "a `break` or `continue` leaves the attempt",
            "return from a function of your own instead",
        ),
        "result-unseen": Reason(
            "the policy asks about results, and tenacity does not ask about what is returned from"
            " inside the attempt",
            "raise TryAgain for a result that is to be repeated",
        ),
        "try-again-elsewhere": Reason(
            "no attempt of this file raises it, and it is not imported by its own name at the top",
            "nothing to do: the operators hear tenacity's own TryAgain",
        ),
    }
)
