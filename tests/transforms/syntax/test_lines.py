"""Lines end where Python ends them."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from transforms.syntax.lines import lines_of


@given(st.text(alphabet="a\n\r\f\v\x1c\x85\u2028"))
def test_a_line_ends_at_a_line_end_of_python(text: str) -> None:
    assert lines_of(text) == re.split(r"\r\n|\r|\n", text)
