"""Which errors lead to another attempt: those of a class, or those that the attempt points out."""

from __future__ import annotations

import builtins

import libcst as cst

from transforms.syntax.loops import statements
from transforms.syntax.retry_counting import Body
from transforms.syntax.retry_plan import is_harmless
from transforms.syntax.retry_shape import RetryShape
from transforms.syntax.scopes import contains, occurrences, walk
from transforms.syntax.source import Source


def must_signal(source: Source, shape: RetryShape, prefix: Body) -> bool:
    """Whether the class of an error alone does not say that it is to be met again."""
    attempt = shape.attempt
    at = list(attempt.handlers).index(shape.handler)
    if at or not is_named_plainly(source, shape.handler.type):
        return True
    orelse = () if attempt.orelse is None else statements(attempt.orelse.body)
    if not is_harmless((*shape.before, *orelse, *shape.behind)):
        return True
    if any(contains(each, cst.Raise) for each in prefix):
        return True
    return any(_raises_other(each) for each in attempt.handlers[at + 1 :]) or (
        not is_harmless(prefix)
    )


def _raises_other(handler: cst.ExceptHandler) -> bool:
    """Whether a handler may raise something else than what it was given."""
    name = handler.name.name if handler.name is not None else None
    own = name.value if isinstance(name, cst.Name) else None
    for each in walk(handler.body):
        match each:
            case cst.Raise(exc=None):
                pass
            case cst.Raise(exc=cst.Name(value=word), cause=None) if word == own:
                pass
            case cst.Raise() | cst.Await():
                return True
            case cst.Call() if not is_harmless([each]):
                return True
    return False


def is_named_plainly(source: Source, node: cst.BaseExpression | None) -> bool:
    """Whether the expression names classes of the module, which may be named earlier as well."""
    match node:
        case cst.Tuple(elements=elements):
            return all(is_named_plainly(source, each.value) for each in elements)
        case cst.Attribute(value=cst.Name() as root):
            return _is_of_module(source, root, "import")
        case cst.Name():
            return _is_of_module(source, node, "import", "definition") or _is_builtin(source, node)
    return False


def _is_of_module(source: Source, name: cst.Name, *roles: str) -> bool:
    found = [each for each in occurrences(source.module, name.value) if each.role != "load"]
    return len(found) == 1 and found[0].role in roles and source.function(found[0].node) is None


def _is_builtin(source: Source, name: cst.Name) -> bool:
    value = getattr(builtins, name.value, None)
    is_free = all(each.role == "load" for each in occurrences(source.module, name.value))
    return is_free and isinstance(value, type) and issubclass(value, Exception)
