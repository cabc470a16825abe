"""Positions from ``ast`` are libcst's, also where the two see a text differently."""

from __future__ import annotations

import ast
import sys
import warnings
from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from transforms.syntax import backport
from transforms.syntax.parsed import ParseError, Span, parse

REPOSITORY = Path(__file__).parents[3]

SAMPLES = {
    "plain": "f(1)\n",
    "no-final-newline": "f(1)",
    "non-ascii-before": "'é漢😀'; f('ü', g(1)); h(2)\n",
    "non-ascii-name": "größe = f(1).überall(2)\n",
    "combining": "x = 'e\u0301'; f(1)\n",
    "astral": "x = '😀😀'; f('😀')(2)\n",
    "byte-order-mark": "\ufefff(1)\nf(2)\n",
    "crlf": "if x:\r\n    f(1)\r\n    while y:\r\n        g('é'); h(2)\r\n",
    "cr": "if x:\r    f(1)\r    g(2)\r",
    "mixed-endings": "f(1)\r\ng(2)\nh(3)\ri(4)\n",
    "tabs": "if x:\n\tif y:\n\t\tf(1);\tg(2)\n",
    "form-feed-line": "f(1)\n\x0c\ng(2)\n",
    "form-feed-in-string": "x = '\x0c\x0b\x1c\x85\u2028'; f(1)\n",
    "form-feed-in-comment": "f(1)  # \x0c\ng(2)\n",
    "line-separators-in-triple": "'''a\x0cb\u2028c\x1ed\r\ne''' + f(1)\n",
    "continuation": "x = 1 + \\\n    f(1) + \\\n  g('é')\n",
    "multi-line-call": "x = f(\n    1,\n    'é', g(2),\n)\n",
    "parenthesised": "(f(1))\n(  # c\n f\n (1)\n)\n((f))(1)\n",
    "decorators": "@d(1)\n@(e)(2)\n@x.y . z(3)\ndef f(): ...\n@d\nclass A(g(1)): ...\n",
    "await": "async def f():\n    x = await (g(1))\n    return await  h(2)\n",
    "comprehension": "[f(x) for x in g(1) if h(x)]\n",
    "lambda": "f(lambda x: g(x), *h(1), **i(2))\n",
    "while-else": "while f(1):\n    g(2)\nelse:\n    h(3)\n\n# c\n",
    "for-one-line": "for x in f(1): g(2); h(3)  # c\n",
    "async-for": "async def f():\n    async for x in g(1):\n        h(2)\n        # c\n    # d\n",
    "loop-ends-with-semicolon": "while x: a; b ;\nfor y in z:\n    c  ;  # c\n",
    "loop-ends-with-block": (
        "while x:\n    try:\n        a\n    except E: (b)\n    else:\n        c;\n    finally:\n"
        "        with d:\n          match e:\n            case 1:\n                f(1);\n"
    ),
    "loop-ends-with-handler": "while x:\n  try: a\n  except E as e:\n    b\n  except F: c;\n",
    "loop-ends-with-definition": "while x:\n    @d\n    def f():\n        return (1)\n\ny = 2\n",
    "loop-ends-with-parenthesis": "while x:\n    (a,\n     b)\nfor y in z: (f(1))\n",
    "raise": "def f():\n    raise  g(1) from (h(2))\n",
    "starred": "f(*(g(1)), *[h(2)])\n",
    "walrus": "if (x := f('é')): g(x)\n",
    "string-prefixes": "f(rb'x', B'y', r'''é''')(1)\n",
    "concatenated": "x = ('é' 'b'\n     'c'); f(1)\n",
    "escape-warnings": "x = '\\d'; f(1)\n",
    "type-comments": "x = f(1)  # type: ignore\n",
    "deep-indent": "".join(f"{' ' * i}if x:\n" for i in range(40)) + " " * 40 + "f(1)\n",
}

# What 3.11 cannot parse, or cannot place.
NEWER = {
    "fstring": "x = f'{f(1)}'\n",
    "fstring-non-ascii": "x = f'é{f(1)}ü{g(2)!r:>{h(3)}}漢' + i(4)\n",
    "fstring-nested-quotes": "x = f'{f('é')}' + g(1)\n",
    "fstring-nested": "x = f\"{f(f'{g(1)}')} {{}} {x!r}\" + h(2)\n",
    "fstring-triple": "x = f'''é\n{f(1)}\n  {\n    g(2)  # c\n  }\n''' + h(3)\n",
    "fstring-debug": "x = f'{ f(1) = !s}{g(2)=:>3}'\n",
    "fstring-raw": "x = rf'\\d{f(1)}' + fr'{g(2)}'\n",
    "fstring-concatenated": "x = ('é' f'{f(1)}'  # c\n     'b' f\"{g(2)}\"); h(3)\n",
    "fstring-continued": "x = 'é\\\ny' \\\n  f'{f(1)}' + g(2)\n",
    "fstring-tuple": "x = f'{f(1), *g(2)}{(h(3),)}'\n",
    "fstring-yield": "def f():\n    x = f'{yield g(1)}{yield}{(yield)}{yield from h(2)}'\n",
    "fstring-lambda": "x = f'{(lambda: f(1))()}'\n",
    "fstring-call": "x = f'{f(1)}'.join(g(2)) % f'{h(3)}'\n",
    "fstring-tight": "x = 1 if f'{f(1)}'else f''and f'{g(2)}'\n",
    "fstring-crlf": "x = f'''é\r\n{f(1)}\r\n'''; g(2)\r\n",
    "generic-function": "def f[T: (int, str), *Ts, **P](x: T = g(1)) -> T: return h(2)\n",
    "generic-class": "@d(1)\nclass A[T = int](B, f(2)):\n    def g[U](self): return h(3)\n",
    "type-statement": "type X[T] = int\ntype Y = f(1)\nx = g(2)\n",
    "type-statement-indented": "if x:\n    type  Long[T] = int; f(1)\n    g(2)\n",
    "except-without-parentheses": "try: f(1)\nexcept A, B.c, D: g(2)\n",
    "except-star-without-parentheses": "try: f(1)\nexcept* A , B: g(2)\n",
    "template-string": "x = t'é{f(1)!r}' + g(2)\n",
}


def libcst_spans(text: str) -> set[Span]:
    positions = MetadataWrapper(cst.parse_module(text)).resolve(PositionProvider)
    kinds = (cst.Call, cst.While, cst.For, cst.Name, cst.Attribute)
    return {
        (at.start.line, at.start.column, at.end.line, at.end.column)
        for node, at in positions.items()
        if isinstance(node, kinds)
    }


def ast_spans(text: str) -> set[Span]:
    parsed = parse(text)
    kinds = (ast.Call, ast.While, ast.For, ast.AsyncFor)
    return {parsed.span(node) for node in ast.walk(parsed.tree) if isinstance(node, kinds)}


def libcst_calls_and_loops(text: str) -> set[Span]:
    positions = MetadataWrapper(cst.parse_module(text)).resolve(PositionProvider)
    return {
        (at.start.line, at.start.column, at.end.line, at.end.column)
        for node, at in positions.items()
        if isinstance(node, cst.Call | cst.While | cst.For)
    }


@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES)
def test_positions_are_those_of_libcst(text: str) -> None:
    assert ast_spans(text) == libcst_calls_and_loops(text)


@pytest.mark.parametrize("text", NEWER.values(), ids=NEWER)
def test_positions_in_newer_syntax(text: str) -> None:
    # Something to ask for: without it nobody looks into an f-string.
    text += "from asyncio import f, g, h, i" + ("\r\n" if "\r" in text else "\n")
    assert ast_spans(text) == libcst_calls_and_loops(text)


@pytest.mark.parametrize("text", NEWER.values(), ids=NEWER)
def test_backport_keeps_every_line_as_long_as_it_was(text: str) -> None:
    older = backport.same_positions(text)
    assert list(map(len, older.splitlines())) == list(map(len, text.splitlines()))
    ast.parse(older)
    assert {c for c in older if c in "\r\n"} == {c for c in text if c in "\r\n"}


@pytest.mark.parametrize("folder", ["codemods", "transforms", "golden/objlib/before"])
def test_positions_in_real_code(folder: str) -> None:
    for file in sorted((REPOSITORY / folder).rglob("*.py"))[::4]:
        text = file.read_bytes().decode()
        parsed = parse(text)
        in_strings = {
            inner
            for node in ast.walk(parsed.tree)
            if isinstance(node, ast.JoinedStr)
            for inner in ast.walk(node)
        }
        found = {
            parsed.span(node)
            for node in ast.walk(parsed.tree)
            if isinstance(node, ast.Call | ast.While | ast.For | ast.AsyncFor)
            and node not in in_strings
        }
        assert found <= libcst_calls_and_loops(text), file


def test_origins_are_found_by_libcst_spans() -> None:
    text = "import asyncio as aio\nasync def f(é):\n    'ü'; await aio.locks.Event().wait(é)\n"
    origins = parse(text).origins()
    assert set(origins) <= libcst_spans(text)
    assert origins == {
        (3, 15, 3, 30): "asyncio.Event",
        (3, 15, 3, 24): "asyncio.locks",
        (3, 15, 3, 18): "asyncio",
    }


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("x = (\n", 1, "never closed", id="open-parenthesis"),
        pytest.param("a\nprint 'x'\n", 2, "print", id="python-2"),
        pytest.param("a\n\0b\n", 2, "null", id="null-byte"),
        pytest.param("if x:\na\n", 2, "indented block", id="indentation"),
        pytest.param("if x:\n\ta\n        b\n", 3, "tabs", id="tabs-and-blanks"),
        pytest.param("(" * 300 + ")" * 300, 1, "nested", id="parentheses"),
        pytest.param("-" * 20_000 + "1", None, "nested", id="operators"),
        pytest.param("x" + "[0]" * 50_000, None, "nested", id="subscripts"),
        pytest.param("x = '\ud800'\n", None, "surrogates", id="lone-surrogate"),
        pytest.param("x = f'{'\n", 1, "f-string", id="broken-f-string"),
    ],
)
def test_what_is_no_python(text: str, line: int | None, words: str) -> None:
    with pytest.raises(ParseError, match=words) as caught:
        parse(text)
    assert caught.value.line == line


def test_warnings_about_the_source_stay_silent() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parse("x = '\\d'\nassert (1, 'x')\n")


def test_source_is_one_line() -> None:
    parsed = parse("f(\n    [x  # c\n     for x in 'é'],\n    y=g(\n2,\n 3,\n ),\n)\n")
    call = next(node for node in ast.walk(parsed.tree) if isinstance(node, ast.Call))
    assert parsed.source(call.args[0]) == "[x for x in 'é']"
    assert parsed.source(call.keywords[0].value) == "g(2, 3)"


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="3.11 cannot parse type parameters")
def test_code_that_neither_parser_can_place_keeps_pythons_message() -> None:
    with pytest.raises(ParseError, match="invalid syntax"):
        parse("lazy import x\n")
