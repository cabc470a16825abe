"""Canonical texts: what is equal looks equal, what is not does not."""

import enum
from collections import OrderedDict, namedtuple
from dataclasses import dataclass

import pytest

from codemods.verify.describe import describe


@dataclass
class Point:
    x: int
    y: object


class Colour(enum.StrEnum):
    RED = "red"


class Plain:
    def __init__(self, value: object) -> None:
        self.value = value


class Broken:
    def __repr__(self) -> str:
        raise ValueError


Pair = namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (1, "1"),
        (1.0, "1.0"),
        (-0.0, "0.0"),
        (0.1 + 0.2, "0.3"),
        ("1", "'1'"),
        ([1, (2,)], "[1, (2)]"),
        ({"b": 1, "a": 2}, "{'b': 1, 'a': 2}"),
        ({2, 1}, "set(1, 2)"),
        (ValueError("x", 1), "ValueError('x', 1)"),
        (ValueError, "ValueError"),
    ],
)
def test_plain_values(value: object, text: str) -> None:
    assert describe(value) == text


def test_types_are_told_apart() -> None:
    texts = {describe(v) for v in ([1, 2], (1, 2), {1, 2}, Pair(1, 2), frozenset({1, 2}))}
    assert len(texts) == 5
    assert describe(OrderedDict(a=1)) != describe({"a": 1})
    assert describe(Colour.RED) != describe("red")


def test_objects_by_their_fields_not_their_address() -> None:
    assert describe(Plain(1)) == describe(Plain(1)) != describe(Plain(2))
    assert describe(Point(1, Plain(2))) == describe(Point(1, Plain(2)))
    assert " at 0x" not in describe([object(), print, lambda: None, Plain(object())])


def test_causes_and_notes() -> None:
    error = ValueError("low")
    error.__cause__ = KeyError("root")
    error.add_note("seen")
    assert describe(error) == "ValueError('low') with notes ['seen'] from KeyError('root')"


def test_groups() -> None:
    assert "KeyError('k')" in describe(ExceptionGroup("many", [KeyError("k")]))


def test_never_raises_never_recurses_for_ever() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert describe(endless).endswith("]")
    assert "ValueError" in describe(Broken())
