"""How the names of emitted code are spelled in a file in which they may be taken."""

from __future__ import annotations

from itertools import pairwise

import libcst as cst

from transforms.syntax.imports import Needed, TopNames, conflicts
from transforms.syntax.source import Source


def name_space(source: Source, node: cst.CSTNode) -> cst.CSTNode:
    """The outermost function around ``node``: no name of another function is seen there.

    Outside of functions, the top-level statement.
    """
    around = [node, *source.ancestors(node)][:-1]
    # What decorates a function, and its defaults, are evaluated where it stands: in a class, say.
    functions = [
        each
        for inner, each in pairwise((node, *around))
        if isinstance(each, cst.FunctionDef) and inner in (node, each.body)
    ]
    return functions[-1] if functions else around[-1]


def operator(source: Source, name: str, *kinds: str) -> str:
    """``name``; with its module in front where it is taken near a primitive of these kinds.

    ``timeout`` is what many a parameter is called: ``_operators.timeout(timeout)``.
    """
    needed = Needed(source.operators_module, frozenset({name}), rx=False, ops=False)
    calls = (source.node_of(each) for each in source.primitives if each.kind in kinds)
    places = {name_space(source, call) for call in calls if call is not None}
    names = TopNames.of(source.module, source.text, source.holding)
    is_imported = (needed.module_name, source.operators_module) in names.imported
    if is_imported or conflicts(names, places, needed):
        return f"{needed.module_name}.{name}"
    return name


def partial(source: Source) -> str:
    """How ``functools.partial`` is called in this file."""
    lines = (line for line in source.module.body if isinstance(line, cst.SimpleStatementLine))
    for small in (small for line in lines for small in line.body):
        match small:
            case cst.Import(names=names):
                if any(each.evaluated_name == "functools" and not each.asname for each in names):
                    return "functools.partial"
    return "partial"
