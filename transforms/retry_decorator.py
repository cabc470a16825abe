"""Puts a retry policy of the operators in the place of tenacity's decorator.

Recognises:
    ``@retry`` and ``@retry(...)`` of tenacity on a function or a method, plain or ``async``,
    among any other decorators, and ``retry(...)`` where it is kept, returned or called as a
    value; with policies written in the call, held by a variable of the file, or joined by
    ``|``, ``&`` and ``+``.

Emits:
    ``@retry_when(RetryPolicy(...))``, the options in their order. ``retry_when`` is an operator
    that decorates as well: each call of the function is a source that it subscribes to again.
    The function, its signature and the other decorators stay as they are.

Keeps:
    Result order: there is one result, that of the attempt that the policy was content with.
    First error: what the policy does not repeat is raised as it is. With no attempt left, the
        last error itself with ``reraise``, else ``RetryError``: tenacity's own as long as it is
        installed, so that other files catch it as before.
    Siblings: none; several calls at a time know nothing of each other.
    Cancellation: it arrives inside the attempt or the wait. It is repeated only where tenacity
        would, because the policy accepts more than an ``Exception``.
    Timing: waits and stops are tenacity's formulas, random ones drawn from the same stream.
        A plain function blocks its thread, and is called in it.
    Context: attempts run in the caller's task or thread, with its context variables. Options
        are evaluated once, where the function is defined.

Refuses:
    arguments-unclear: an option is given by place, by ``**``, or twice.
    option-untranslated: an option (named in the report) that the operators do not have.
    option-unclear: a strategy, or a function called with the state, comes from elsewhere.
    state-member: such a function uses more of the state than there will be.
    retry-attributes: a file of the run uses ``f.retry``, ``f.retry_with`` or ``f.statistics``.
    names-shared: code that stays uses the same name of tenacity.
    import-guarded: tenacity is imported in an ``if`` or a ``try``.
    other-event-loop: a coroutine, in a file that imports anyio, curio, trio or twisted.

Example:
    retry_decorator/client_with_two_policies
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.rule import Primitive, Refused, Rule, Site
from transforms.syntax.layout import Call, Item, Layout
from transforms.syntax.other_loops import other_loop
from transforms.syntax.retry_policy import Policy, translated
from transforms.syntax.seen_elsewhere import uses_elsewhere
from transforms.syntax.source import Source


@dataclass(frozen=True, kw_only=True, eq=False)
class _Retried(Site):
    edits: Mapping[cst.BaseExpression, Item]


def find(source: Source) -> Iterator[Site | Refused]:
    for primitive, node in source.free_of_kind("retry-decorator"):
        if isinstance(node, cst.Call | cst.Name | cst.Attribute):
            yield _recognise(source, primitive, node)


def _recognise(source: Source, primitive: Primitive, node: cst.BaseExpression) -> Site | Refused:
    function = _decorated(source, node)
    if function is None and not isinstance(node, cst.Call):
        return Refused(primitive, "shape-not-recognised")
    is_async = _is_async(source, function, node)
    if is_async is not False and (other := other_loop(source)):
        return Refused(primitive, "other-event-loop", other)
    if found := _asked_for(source, function):
        return Refused(primitive, "retry-attributes", found)
    policy = translated(source, node, is_async=is_async, is_block=False)
    if not isinstance(policy, Policy):
        return Refused(primitive, policy.reason, policy.detail)
    again = () if function is None else tuple(_try_agains(source, function))
    return _site((primitive, *again), node, policy)


def _try_agains(source: Source, function: cst.FunctionDef) -> Iterator[Primitive]:
    """The attempt's own ``raise TryAgain``."""
    for primitive, node in source.free_of_kind("try-again"):
        if source.function(node) is function:
            yield primitive


def _decorated(source: Source, node: cst.BaseExpression) -> cst.FunctionDef | None:
    """The function below the decorator; None for one that is a value: ``return retry(...)``."""
    decorator = source.parent(node)
    function = source.parent(decorator) if isinstance(decorator, cst.Decorator) else None
    return function if isinstance(function, cst.FunctionDef) else None


def _is_async(
    source: Source, function: cst.FunctionDef | None, node: cst.BaseExpression
) -> bool | None:
    """Whether a coroutine function is decorated; None: other decorators decide, or others."""
    if function is None or function.decorators[-1].decorator is not node:
        return None
    return function.asynchronous is not None


def _site(primitives: tuple[Primitive, ...], node: cst.BaseExpression, policy: Policy) -> Site:
    decorated = Call("retry_when", (policy.item,))
    if isinstance(policy.item, Call) and policy.item.opening:
        # A remark for tools is about the line of the decorator.
        bare = Call(policy.item.head, policy.item.items)
        decorated = Call("retry_when", (bare,), policy.item.opening)
    return _Retried(
        primitives=primitives,
        rewrite="drop-in",
        operators=policy.operators | {"retry_when"},
        replaced=policy.replaced,
        parameters=primitives[0].parameters,
        touched=(node, *policy.edits),
        consumed=(node,),
        needs=tuple(sorted(policy.needs - {*primitives})),
        edits={node: decorated, **policy.edits},
    )


_ADDED = frozenset({"retry", "retry_with", "statistics"})
_OF_OBJECT = frozenset(
    {"after", "before", "before_sleep", "reraise", "retry_error_callback", "retry_error_cls"}
    | {"sleep", "statistics", "stop", "wait"}
)
"""What ``f.retry`` has, whatever the function is called there."""


def _asked_for(source: Source, function: cst.FunctionDef | None) -> str | None:
    """Where this file, or another one, uses what tenacity adds to the function."""
    words = _ADDED if function is None else _ADDED | {function.name.value}
    for node in source.walk(words.isdisjoint):
        if isinstance(node, cst.Attribute) and _is_added(source, node, function):
            return f"{node.attr.value}, line {source.span(node)[0]}"
        if function is not None and (name := _named_by_text(node, function.name.value)):
            return f"{name}, line {source.span(node)[0]}"
    uses = uses_elsewhere(source, function.name.value) if function is not None else ()
    return next((str(use) for use in uses or () if use.member in _ADDED), None)


def _is_added(source: Source, node: cst.Attribute, function: cst.FunctionDef | None) -> bool:
    if node.attr.value == "retry_with":
        return True
    if node.attr.value not in _ADDED or source.origin(node) is not None:
        return False
    if function is None:
        # Nobody knows how the function will be called.
        return node.attr.value == "statistics" or isinstance(source.parent(node), cst.Attribute)
    around = source.parent(node)
    if isinstance(around, cst.Attribute) and around.attr.value in _OF_OBJECT:
        return True
    return _last_name(node.value) == function.name.value


def _named_by_text(node: cst.CSTNode, function: str) -> str:
    """What ``getattr(function, "statistics")`` asks for."""
    match node:
        case cst.Call(args=[cst.Arg(value=owner), cst.Arg(value=cst.SimpleString() as text), *_]):
            name = text.evaluated_value
            if name in _ADDED and _last_name(owner) == function:
                return str(name)
    return ""


def _last_name(node: cst.BaseExpression) -> str:
    last = node.attr if isinstance(node, cst.Attribute) else node
    return last.value if isinstance(last, cst.Name) else ""


class _Transformer(cst.CSTTransformer):
    def __init__(self, source: Source, sites: Sequence[Site]) -> None:
        super().__init__()
        self._layout = Layout(source)
        retried = [site for site in sites if isinstance(site, _Retried)]
        self._edits = {node: item for site in retried for node, item in site.edits.items()}

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode:
        if not isinstance(original_node, cst.BaseExpression) or original_node not in self._edits:
            return updated_node
        return self._layout.replace(original_node, self._edits[original_node])


RULE = Rule(
    code="RX303",
    name="retry-decorator",
    tier=3,
    summary="tenacity's decorator becomes retry_when with a policy",
    kinds=frozenset({"retry-decorator"}),
    operators=frozenset(
        {
            "RetryError",
            "RetryPolicy",
            "RetryState",
            "TryAgain",
            "after_log",
            "all_of",
            "any_of",
            "before_log",
            "before_sleep_log",
        }
        | {"retry_if_exception", "retry_if_exception_cause_type", "retry_if_exception_message"}
        | {"retry_if_exception_type", "retry_if_not_exception_message", "retry_if_not_result"}
        | {"retry_if_not_exception_type", "retry_if_result", "retry_when", "stop_after_attempt"}
        | {"stop_after_delay", "stop_before_delay", "stop_never", "wait_chain", "wait_combine"}
        | {"wait_exponential", "wait_exponential_jitter", "wait_fixed", "wait_incrementing"}
        | {"wait_random", "wait_random_exponential"}
    ),
    find=find,
    transformer=_Transformer,
    doc=__doc__,
)
