"""Delta debugging finds what it is to find, in few calls."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.verify.isolate import smallest


@pytest.mark.parametrize("culprit", [0, 31, 63])
def test_one_culprit_is_found_in_few_calls(culprit: int) -> None:
    calls: list[tuple[int, ...]] = []

    def fails(items: tuple[int, ...]) -> bool:
        calls.append(items)
        return culprit in items

    assert smallest(range(64), fails) == (culprit,)
    assert len(calls) <= 2 * math.log2(64)


@given(st.integers(1, 24), st.data())
def test_a_smallest_failing_part(size: int, data: st.DataObject) -> None:
    groups = data.draw(
        st.lists(st.frozensets(st.integers(0, size - 1), min_size=1), min_size=1, max_size=3)
    )

    def fails(items: tuple[int, ...]) -> bool:
        return any(group.issubset(items) for group in groups)

    found = smallest(range(size), fails)
    assert fails(found)
    for item in found:
        assert not fails(tuple(other for other in found if other != item))


def test_what_the_call_raises_comes_out() -> None:
    with pytest.raises(ZeroDivisionError):
        smallest((1, 2, 3), lambda items: bool(1 // 0))


def test_the_order_is_kept() -> None:
    assert smallest("abcdef", lambda items: {"b", "e"}.issubset(items)) == ("b", "e")
