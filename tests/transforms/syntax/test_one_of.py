"""A pattern for many words matches each of them, and nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.syntax.one_of import one_of

words = st.text(alphabet="ab_.(", max_size=5)


@given(st.lists(words, max_size=8), words)
def test_it_matches_the_words_alone(some: list[str], other: str) -> None:
    pattern = re.compile(one_of(some))
    assert all(pattern.fullmatch(word) for word in some)
    assert bool(pattern.fullmatch(other)) == (other in some)


@pytest.mark.parametrize(
    ("some", "pattern"),
    [
        (["one", "two", "three"], "(?:one|t(?:hree|wo))"),
        (["set", "setattr"], "(?:set(?:attr)?)"),
        ([], "(?!)"),
    ],
)
def test_what_words_have_in_common_is_looked_at_once(some: list[str], pattern: str) -> None:
    assert one_of(some) == pattern
