"""Code that looks at the function that it stands in."""

from __future__ import annotations

import libcst as cst

from transforms.syntax.scopes import walk

_FRAME_CALLS = frozenset({"locals", "vars", "dir", "eval", "exec", "super"})


def depends_on_frame(node: cst.CSTNode, function: cst.FunctionDef) -> bool:
    """Whether code of ``node`` would mean something else in a function inside ``function``."""
    for each in walk(node):
        match each:
            case cst.Call(func=cst.Name(value=name)) if name in _FRAME_CALLS:
                return True
            case cst.Name(value="__class__") | cst.Global() | cst.Nonlocal():
                return True
            case cst.Arg(keyword=cst.Name(value="stacklevel")):
                return True
    return any(
        isinstance(each, cst.Call)
        and isinstance(each.func, cst.Name)
        and each.func.value in _FRAME_CALLS - {"super"}
        for each in walk(function.body)
    )
