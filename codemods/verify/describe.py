"""Canonical text of values, so that runs of two different modules can be compared.

Guarantees: the text names types (``True`` is not ``1``, a list is not a tuple); it holds no
memory address; floats are rounded to a millionth; equal values of like-named classes give equal
text, whichever module the class comes from, as long as both modules are loaded under one name.
"""

from __future__ import annotations

import asyncio
import dataclasses
import enum
import re
from collections.abc import Mapping
from typing import Any, Final

_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")
_DEPTH: Final = 8
_PLAIN: Final = (type(None), bool, int, str, bytes, bytearray, complex, type(...))


def describe(value: object, depth: int = _DEPTH) -> str:
    """Canonical text of ``value``. Never raises; what lies deeper than ``depth`` is ``...``."""
    if type(value) in _PLAIN:
        return repr(value)
    if depth == 0:
        return "..."
    try:
        return _describe(value, depth - 1)
    except Exception as error:  # a broken __repr__, a property that raises
        return f"<{type_name(type(value))} that cannot be shown: {type(error).__name__}>"


def _describe(value: Any, depth: int) -> str:
    kind = type(value)
    if isinstance(value, float):
        return repr(round(value, 6) + 0.0)
    if isinstance(value, enum.Enum):
        return f"{type_name(kind)}.{value.name}"
    if isinstance(value, BaseException):
        return describe_error(value, depth)
    if isinstance(value, type):
        return type_name(value)
    if isinstance(value, list | tuple | set | frozenset):
        return _describe_many(value, depth)
    if isinstance(value, Mapping):
        items = (f"{describe(k, depth)}: {describe(v, depth)}" for k, v in value.items())
        return _named(kind, dict, "{" + ", ".join(items) + "}")
    if isinstance(value, asyncio.Future):
        return f"<{kind.__name__}>"
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return _fields(kind, {name: getattr(value, name) for name in names}, depth)
    if getattr(kind, "__repr__", None) is object.__repr__:
        return _fields(kind, getattr(value, "__dict__", {}), depth)
    return strip_addresses(repr(value))


def _describe_many(value: Any, depth: int) -> str:
    texts = [describe(item, depth) for item in value]
    if isinstance(value, list):
        return _named(type(value), list, "[" + ", ".join(texts) + "]")
    if isinstance(value, tuple):
        return _named(type(value), tuple, "(" + ", ".join(texts) + ")")
    return f"{type_name(type(value))}({', '.join(sorted(texts))})"


def _named(kind: type, plain: type, text: str) -> str:
    return text if kind is plain else f"{type_name(kind)}({text})"


def _fields(kind: type, values: Mapping[str, Any], depth: int) -> str:
    texts = (f"{name}={describe(value, depth)}" for name, value in values.items())
    return f"{type_name(kind)}({', '.join(texts)})"


def describe_error(error: BaseException, depth: int = _DEPTH) -> str:
    """Type, arguments, notes and ``__cause__`` (with its own) of an exception."""
    text = f"{type_name(type(error))}({', '.join(describe(arg, depth) for arg in error.args)})"
    notes = getattr(error, "__notes__", None)
    if notes:
        text += f" with notes {describe(notes, depth)}"
    if error.__cause__ is not None and depth > 0:
        text += f" from {describe_error(error.__cause__, depth - 1)}"
    return text


def type_name(kind: type) -> str:
    """Dotted name of a type; without its module if that is ``builtins``."""
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def strip_addresses(text: str) -> str:
    return _ADDRESS.sub("", text)
