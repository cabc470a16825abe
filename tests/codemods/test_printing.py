"""Printed statement by statement, a module has the text that libcst gives it."""

from __future__ import annotations

import libcst as cst
import pytest

from codemods.printing import Printer

TEXTS = {
    "header and footer": "# a\n\n# b\nx = 1\n\n# c\n",
    "empty": "",
    "a line end alone": "\n",
    "comments alone": "# a\n# b",
    "no final newline": "x = 1\nif x:\n    y = 2",
    "crlf": "x = 1\r\n# y\r\n",
    "crlf without the last": "x = 1\r\ny = 2",
    "a blank line last": "x = 1\n\n\n",
    "tabs": "def f():\n\treturn 1\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_text_is_libcsts(text: str) -> None:
    module = cst.parse_module(text)
    assert Printer().text(module) == module.code == text


def test_a_changed_statement_is_printed_anew() -> None:
    printer, module = Printer(), cst.parse_module("x = 1\ny = 2\n")
    assert printer.text(module) == "x = 1\ny = 2\n"
    changed = module.with_changes(body=[module.body[1], cst.parse_statement("z = 3\n")])
    assert printer.text(changed) == "y = 2\nz = 3\n"
