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
        "comment-in-the-way": Reason(
            "a comment stands inside the code that would be replaced and has no place then",
            "move the comment above the statement",
        ),
        "type-matters": Reason(
            "the file asks for the type of the object, or derives a class from it",
            "ask for what it can do instead of what it is, then apply again",
        ),
        "private-member": Reason(
            "code in this file uses an attribute that the replacement does not have",
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
        "annotations-shared": Reason(
            "annotations of this file name its type, and another object of that type stays",
            "see why the other one stays; then apply again",
        ),
        "not-in-function": Reason(
            "the call stands in no function",
            "move it into an `async def`",
        ),
        "inside-f-string": Reason(
            "the call stands inside an f-string",
            "give the result a name first",
        ),
        "fixed-awaitables": Reason(
            "the gather takes a fixed number of awaitables: there is no collection to fan out over",
            "it is for the rule gather-fixed (RX304)",
        ),
        "awaits-between-items": Reason(
            "something is awaited while the awaitables are made",
            "build the list in a statement of its own, then gather it",
        ),
    }
)
