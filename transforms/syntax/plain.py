"""Small questions about ``ast`` nodes, by name alone."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator

from transforms.syntax.parsed import ParseError, parse


def bound_in(body: Iterable[ast.stmt]) -> set[str]:
    """What the statements of a module's or a class's own block bind by assignment."""
    found: set[str] = set()
    for statement in body:
        match statement:
            case ast.Assign(targets=targets):
                found.update(*map(stored_under, targets))
            case ast.AnnAssign(target=target):
                found |= stored_under(target)
            case ast.If() | ast.Try() | ast.With():
                found |= bound_in(child for child in _statements(statement))
    return found


def _statements(node: ast.stmt) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ExceptHandler):
            yield from child.body
        elif isinstance(child, ast.stmt):
            yield child


def stored_under(target: ast.AST) -> set[str]:
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return {name}
        case ast.Subscript(value=value) | ast.Starred(value=value):
            return stored_under(value)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return set().union(*map(stored_under, elements))
    return set()


def is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in {"self", "cls"}


def last_word(node: ast.AST) -> str:
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def tree_of(text: str) -> ast.Module | None:
    """The tree; None for what is no Python, and so does nothing to anybody."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass
    try:
        return parse(text).tree  # newer Python than the one that runs
    except ParseError:
        return None
