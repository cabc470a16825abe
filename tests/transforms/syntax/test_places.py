"""Nodes placed one statement at a time stand where libcst's own provider puts them."""

from __future__ import annotations

import ast
from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from transforms.syntax.places import Places

ROOT = Path(__file__).parents[3]
ODD = {
    "comments": "# a\n\n# b\nx = 1  # c\n\n\n# d\n@e\n# f\ndef g():\n    pass\n    # h\n# i\n",
    "crlf": "import a\r\n\r\nif a:\r\n    b(\r\n        c)\r\n",
    "lone carriage returns": "a = 1\rb(2)\r",
    "semicolons": "a; b(); c\nd = (\n1,\n\n2)\n",
    "no final newline": "def f():\n\treturn g(1)",
    "characters of several bytes": "'ä'\nf('ö', g(1))\n",
    "strings over several lines": "x = '''\n\n''' + f(1)\ny(2)\n",
    "members": "class A(B, c=d(1)):  # a\n\n    @e(1)\n    # f\n    @g\n    def h(self):\n"
    "        i(1)\n        # j\n\n    # k\n    l = m(1); n = o(\n        2)\n    class P: q(3)\n\n"
    "    async def r(): s(4)\n",
    "a class on one line": "class A: b(1); c(2)\nclass D:\n    'Doc.'\n",
    "nested": """def f():
    if a:
        b(
    c,
            d)
    elif e(1):
        f()
    else:
        with g(1), h():
            i(1); j(
        2)
    try:
        @k(1)
        def l(m=n(1)):
            return o(1)
        p(1)
    except q(1):
        r(1)
    except (s, t):
        # u
        v(1)
    else: w(1)
    finally:
        x(1)
    while y(1):
        for z in a(1):
            b(1)
        else:
            c(1)
    match d(1):
        case e(1):
            f(1)
        case _: g(1)
""",
    "docstring and header": '#!/usr/bin/python\n# -*- coding: utf-8 -*-\n"""Doc.\n"""\nf()\n',
}
FILES = sorted((ROOT / "golden" / "objlib" / "before").rglob("*.py"))


def _same_everywhere(text: str) -> None:
    module = cst.parse_module(text)
    tree = ast.parse(text)
    for places in (Places(module, text), Places(module, text, tree)):
        _same_as_libcst(module, places)


def _same_as_libcst(module: cst.Module, places: Places) -> None:
    whole = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    outside = {module, *module.header, *module.footer}
    for node, place in whole.items():
        top = node
        while (parent := places.parent(top)) is not None and parent is not module:
            top = parent
        if node not in outside and top not in outside:
            start, end = place.start, place.end
            assert places.span(node) == (start.line, start.column, end.line, end.column)


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_calls_are_found_by_their_places(text: str) -> None:
    module = cst.parse_module(text)
    whole = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    for node, place in whole.items():
        if isinstance(node, cst.Call):
            places = Places(module, text, ast.parse(text))
            span = (place.start.line, place.start.column, place.end.line, place.end.column)
            assert node in places.at(span)


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_texts(text: str) -> None:
    _same_everywhere(text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_an_application(path: Path) -> None:
    _same_everywhere(path.read_bytes().decode())
