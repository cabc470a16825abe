"""Polls whose way out is one test: on the state of things, or on what one check returned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import libcst as cst

from transforms.syntax.checks import Check, Variables, variables
from transforms.syntax.loops import jumps, statements
from transforms.syntax.poll_draft import Draft, Form, declarations, unused
from transforms.syntax.result_types import repeated
from transforms.syntax.scopes import loaded, walk


def condition_form(draft: Draft) -> Form | None:
    """``while not ready(): await sleep(p)``, and the same said by ``break``."""
    loop, leaving = draft.loop, way_out(draft)
    if loop.condition is not None and not (loop.before or loop.after or loop.otherwise):
        test, text = loop.condition, draft.truth(loop.condition)
    elif leaving is not None and len(_steps(draft)) == 1:
        test, text = leaving.test, draft.opposite(leaving.test)
    else:
        return None
    found = variables(replace(loop, before=(), after=()))
    if not draft.fits_lambda(test) or found.unsure & loaded(test):
        return None
    target, leaves = _exit(draft, leaving, None)
    return Form(
        keep=f"lambda {unused(test)}: {text}",
        predicate=text,
        target=target,
        leaves=leaves,
        consumed=(test,),
    )


def value_form(draft: Draft) -> Form | None:
    """``while True: v = await …; if …: break; await sleep(p)``, and what comes close to it."""
    loop = draft.loop
    if loop.condition is not None:
        alone = not (loop.before or loop.after or loop.otherwise)
        return _awaited_condition(draft, loop.condition) if alone else None
    leaving = way_out(draft)
    if leaving is None:
        return None
    steps = _steps(draft)[:-1]
    if not steps:
        return _awaited_test(draft, leaving)
    if any(True for _ in jumps(steps)) or not draft.fits_lambda(leaving.test):
        return None
    return _tested_value(draft, steps, leaving)


def way_out(draft: Draft) -> cst.If | None:
    """The last ``if`` of a round, where it is the only way out of the loop."""
    loop = draft.loop
    if loop.condition is not None or loop.rounds is not None or loop.otherwise:
        return None
    steps = _steps(draft)
    node = steps[-1] if steps and not (loop.before and loop.after) else None
    if not isinstance(node, cst.If) or node.orelse is not None:
        return None
    last = _small_statements(node.body)[-1]
    if not isinstance(last, cst.Break | cst.Return | cst.Raise):
        return None
    inside = set(walk(node))
    others = (jump.node for jump in loop.jumps if jump.node is not last)
    if any(not isinstance(each, cst.Return) or each not in inside for each in others):
        return None
    return node


def _steps(draft: Draft) -> tuple[cst.CSTNode, ...]:
    return draft.loop.before or draft.loop.after


def _exit(draft: Draft, leaving: cst.If | None, name: str | None) -> tuple[str, bool]:
    """What stands in front of the pipeline, and whether the body of the ``if`` follows it."""
    if leaving is None:
        return "", False
    body = _small_statements(leaving.body)
    match body:
        case [cst.Return(value=cst.Name(value=value))] if value == name:
            return "return ", False
        case [cst.Return(value=None)] if _ends_function(draft):
            return "", False
    needed = name is not None and (
        name in loaded(leaving.body) or draft.is_read(name, draft.loop.node)
    )
    return (f"{name} = " if needed else ""), not isinstance(body[0], cst.Break)


def _ends_function(draft: Draft) -> bool:
    """Whether the function ends where the loop does."""
    loop = draft.loop
    block = draft.source.block(loop.node)
    return draft.source.parent(loop.node) is loop.function.body and block[-1] is loop.node


def _small_statements(suite: cst.CSTNode) -> list[cst.CSTNode]:
    """The statements of a suite, those that share a line one by one."""
    found: list[cst.CSTNode] = []
    for each in statements(suite):
        found += each.body if isinstance(each, cst.SimpleStatementLine) else [each]
    return found


# --- one awaited call ----------------------------------------------------------------------


def _awaited_test(draft: Draft, leaving: cst.If) -> Form | None:
    """``while True: if await ready(): break; await sleep(p)``."""
    form = _asked_first(draft, leaving.test, is_end=True)
    if form is None:
        return None
    target, leaves = _exit(draft, leaving, None)
    return replace(form, target=target, leaves=leaves)


def _awaited_condition(draft: Draft, condition: cst.BaseExpression) -> Form | None:
    """``while not await ready(): …`` and ``while (v := await …) …: …``."""
    form = _asked_first(draft, condition, is_end=False)
    if form is not None:
        return form
    walrus = _leftmost(condition)
    if not isinstance(walrus, cst.NamedExpr) or not isinstance(walrus.value, cst.Await):
        return None
    assert isinstance(walrus.target, cst.Name)
    name, call = walrus.target.value, walrus.value.expression
    test = _with_name(condition, walrus, name)
    found = variables(draft.loop, outside=(draft.loop.wait,))
    if not _is_clear(draft, call) or not draft.fits_lambda(test):
        return None
    if not draft.may_be_late(name, found):
        return None
    text = draft.truth(test)
    return Form(
        keep=f"lambda {name}: {text}",
        predicate=text,
        asks=draft.asking(call),
        target=f"{name} = " if draft.is_read(name, draft.loop.node) else "",
        consumed=(condition,),
    )


def _asked_first(draft: Draft, test: cst.BaseExpression, *, is_end: bool) -> Form | None:
    """A test that begins with ``await``: what is awaited is the check, the rest the test."""
    asked = _leftmost(test)
    if not isinstance(asked, cst.Await) or not _is_clear(draft, asked.expression):
        return None
    plain = asked is test
    is_negated = isinstance(test, cst.UnaryOperation) and asked is test.expression
    word = "answer"
    if plain or is_negated:
        word = "done" if plain is is_end else "pending"
    named = _with_name(test, asked, word)
    unsure = variables(draft.loop).unsure & (loaded(named) - {word})
    if word in loaded(test) or unsure or not draft.fits_lambda(named):
        return None
    wanted = draft.opposite(named) if is_end else draft.truth(named)
    return Form(
        keep="bool" if wanted == "bool(pending)" else f"lambda {word}: {wanted}",
        predicate=draft.opposite(test) if is_end else draft.text(test),
        asks=draft.asking(asked.expression),
        consumed=(test,),
    )


def _with_name(
    test: cst.BaseExpression, node: cst.Await | cst.NamedExpr, name: str
) -> cst.BaseExpression:
    """``test`` with ``name`` in the place of ``node``."""
    named = cst.Name(name)
    replaced = named if node is test else test.deep_replace(node, named)
    assert isinstance(replaced, cst.BaseExpression)
    return replaced


def _is_clear(draft: Draft, call: cst.BaseExpression) -> bool:
    return draft.fits_lambda(call) and not variables(draft.loop).unsure & loaded(call)


def _leftmost(node: cst.BaseExpression) -> cst.NamedExpr | cst.Await | None:
    """The walrus or ``await`` that is evaluated before anything else of the condition."""
    while True:
        match node:
            case cst.NamedExpr() | cst.Await():
                return node
            case cst.Comparison(left=inner) | cst.BooleanOperation(left=inner):
                node = inner
            case cst.UnaryOperation(expression=inner) | cst.Attribute(value=inner):
                node = inner
            case cst.Subscript(value=inner) | cst.Call(func=inner):
                node = inner
            case _:
                return None


# --- steps and a test ----------------------------------------------------------------------


def _tested_value(draft: Draft, steps: Sequence[cst.CSTNode], leaving: cst.If) -> Form | None:
    loop = draft.loop
    kept = tuple(steps)
    shorter = replace(loop, before=kept if loop.before else (), after=kept if loop.after else ())
    found = variables(shorter, outside=(loop.wait, leaving))
    if found.unsure or found.bindings.deleted:
        return None
    name = _value(draft, found, leaving)
    if found.homeless - {name}:
        return None
    single = _awaited_value(draft, steps, name)
    if name is None or single is None:
        return _by_function(draft, steps, leaving, found, name)
    call, annotation = single
    target, leaves = _exit(draft, leaving, name)
    if annotation and target == f"{name} = ":
        target = f"{name}: {annotation} = "
    text = draft.opposite(leaving.test)
    return Form(
        keep=f"lambda {name}: {text}",
        predicate=text,
        asks=draft.asking(call),
        target=target,
        leaves=leaves,
        consumed=(leaving.test, call),
    )


def _value(draft: Draft, found: Variables, leaving: cst.If) -> str | None:
    """The variable that the code outside the steps needs, if it can be the check's result."""
    needed = found.homeless or loaded(leaving) & found.nonlocals
    if len(needed) != 1:
        return None
    (name,) = needed
    return name if draft.may_be_late(name, found) else None


def _awaited_value(
    draft: Draft, steps: Sequence[cst.CSTNode], name: str | None
) -> tuple[cst.BaseExpression, str] | None:
    """The call and the annotation, where the steps are ``name: annotation = await call``."""
    (step,) = steps if len(steps) == 1 else (None,)
    if not isinstance(step, cst.SimpleStatementLine) or len(step.body) != 1:
        return None
    annotation = ""
    match step.body[0]:
        case cst.Assign(targets=[cst.AssignTarget(target=target)], value=cst.Await() as value):
            pass
        case cst.AnnAssign(annotation=given, target=target, value=cst.Await() as value):
            annotation = draft.text(given.annotation)
        case _:
            return None
    is_name = isinstance(target, cst.Name) and target.value == name
    fits = is_name and draft.fits_lambda(value.expression)
    return (value.expression, annotation) if fits else None


def _by_function(
    draft: Draft,
    steps: Sequence[cst.CSTNode],
    leaving: cst.If,
    found: Variables,
    name: str | None,
) -> Form | None:
    """The steps as a nested function that returns the value, or whether to go on."""
    function = draft.name()
    if function is None:
        return None
    found = replace(found, nonlocals=found.nonlocals - {name})
    text = draft.opposite(leaving.test)
    target, leaves = _exit(draft, leaving, name)
    returns = "bool" if name is None else _annotation(draft, steps, name)
    check = Check(
        head=draft.head(function, unused(*steps, leaving), returns),
        first=declarations(found),
        last=None if name is None else f"return {name}",
        drops_test=True,
    )
    return Form(
        keep="lambda pending: pending" if name is None else f"lambda {name}: {text}",
        predicate=text,
        asks=function,
        check=check,
        target=target,
        leaves=leaves,
        consumed=() if name is None else (leaving.test,),
    )


def _annotation(draft: Draft, steps: Sequence[cst.CSTNode], name: str) -> str:
    for step in steps:
        for each in statements(step):
            match each:
                case cst.AnnAssign(annotation=given, target=cst.Name(value=value)):
                    if value == name:
                        function = draft.loop.function
                        return repeated(draft.source, function, given.annotation, local=True) or ""
    return ""
