"""A lazily parsed module is, wherever somebody looks, the one that libcst would have parsed."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.syntax.lazy import (
    LazyBlock,
    LazyClass,
    LazyFunction,
    is_closed,
    lines_above,
    parse_lazily,
)
from transforms.syntax.places import Places
from transforms.syntax.scopes import bound, occurrences, walk

ROOT = Path(__file__).parents[3]
BODY = "    first()\n    second()\n    third()\n"
ODD = {
    "a body that goes on in a blank line": (
        f"def f():\n{BODY}    fourth() \\\n\n\ndef g():\n{BODY}x = 1\n"
    ),
    "a method that goes on in a blank line": (
        f"class A:\n def f(self):\n{BODY}    fourth() \\\n\n\n def g(self): pass\nx = 1\n"
    ),
    "a line above that goes on in a blank line": (
        f"def f():\n{BODY}x = 1 \\\n\n\n\ndef g():\n{BODY}\ndef h():\n{BODY}x = 1\n"
    ),
    "a head that goes on in a blank line": f"def f(): \\\n\n{BODY}\nx = 1\n",
    "comments at the end": f"def f():\n{BODY}    # of f\n\n    # of f, too\n\n"
    f"# of g\ndef g():\n{BODY}",
    "comments between two indentations": f"def f():\n{BODY}  # out\n    # in\n  # out\nx = 1\n",
    "a comment further out between": "class A:\n    def f(self):\n        a()\n        b()\n"
    "        c()\n    # out\n        # in\n\n    x = 1\n",
    "blanks in blank lines": f"def f():\n{BODY}    \n\t\n\ndef g():\n{BODY}        \n  \nx = 1\n",
    "an inner block last": "def f():\n    if a:\n        b()\n        c()\n        # of the if\n"
    "    # of f\n\n\nx = 1\n",
    "comments at the beginning": f"def f():  # head\n    # first\n\n    # second\n{BODY}\n",
    "a docstring over several lines": f'def f():\n    """One.\n\n  Two.\n'
    f'# no comment\n    """\n{BODY}',
    "a default over several lines": f'def f(a="""\n# no comment\n""", b=(\n    1,\n)):\n{BODY}',
    "decorators": "@a\n# b\n@c(\n    1)\nasync def f():\n    @d\n    def g():\n"
    "        pass\n    await h()\n",
    "tabs": "class A:\n\tdef f(self):\n\t\tif a:\n\t\t\tb()\n\t\tc()\n\t\td()\n\n\tx = 1\n",
    "two indentations": f"if a:\n  b()\n\n\ndef f():\n{BODY}    if c:\n          d()\n",
    "the first indentation is a body's": "def f():\n  a()\n  if b:\n     c()\n"
    "  d()\n\nclass A:\n    x = 1\n",
    "backslashes": "def f(): \\\n    return 1\n\ndef g():\n    a = \\\n  1\n"
    "    b()\n    c = 2 + \\\n    3\n",
    "one line": "def f(): a(); b()\nclass A: x = 1\nclass B:\n    def f(self): a()\n    def g(\n"
    "        self\n    ): b()\n",
    "semicolons": "def f():\n    a(); b()\n    c();\n    d(); # e\nx = 1; y = 2\n",
    "no final newline": f"def f():\n{BODY}    return 1",
    "a comment without final newline": f"def f():\n{BODY}    # end",
    "crlf": f"def f():\n{BODY}\n".replace("\n", "\r\n"),
    "form feed": f"\f\ndef f():\n{BODY}",
    "byte order mark": f"\ufeffdef f():\n{BODY}\n\nx = 1\n",
    "characters of several bytes": "def f(ä='ö'):\n    'ü'\n    ß = 1\n    return ä\n",
    "the mark": f"def f():\n{BODY}    _codemods_body_0\n",
    "members": "class A(B):\n    '''Doc.'''\n\n    def f(self):\n        a()\n"
    "        b()\n        c()\n"
    "\n    @property\n    async def g(self):\n        await a()\n        async with b():\n"
    "            pass\n    # end\n# out\n",
    "a function in a block": "if a:\n    def f():\n        b()\n        c()\n"
    "        d()\nelse:\n    x = 1\n",
    "comments between definitions": f"def f():\n{BODY}\n\n# of g\n"
    "\n# of g, too\n@a\n# b\ndef g():\n"
    f"{BODY}    # in g\n\n  # out\n\nclass A:\n    x = 1\n\n    def h(self):\n        a()\n"
    f"        b()\n        c()\n    # in A\n\n# of i\nasync def i():\n{BODY}\n# end\n",
    "blanks between definitions": f"def f():\n{BODY}\ndef g():\n{BODY}    \n  \n\ndef h():\n{BODY}"
    f"\n    \nclass A:\n{BODY}\n",
    "an indented blank below a short definition": f"def f():\n{BODY}class A:\n    pass\n    \n\n"
    f"def g():\n{BODY}if a:\n    pass\n    \ndef h():\n{BODY}",
    "a definition below a block": f"def f():\n{BODY}\nif a:\n    b()\n    # of the if\n# of g\n"
    f"def g():\n{BODY}\ntry:\n    c()\nfinally:\n    d()\n  # out\ndef h():\n{BODY}",
    "a definition below a long line": f'def f():\n{BODY}x = """\n  # none\n"""; y = (\n  1,\n)\n'
    f"def g():\n{BODY}\n"
    f"x = \\\n  1\n  # out\nclass A(B, c=1):\n    'Doc.'\n    x = 1\n    y = 2\n",
    "parameters and defaults": f"def f():\n{BODY}"
    "async def g(a, /, b=1, *c, d: int = 2, **e) -> f:\n"
    f"{BODY}class A(\n    # why\n    B,\n):  # head\n{BODY}",
    "an inner function": "def f():\n    def g():\n        nonlocal a\n"
    "        a = 1\n    a = 0\n    return g\n",
}
FILES = sorted(
    path
    for folder in ("golden/objlib/before", "golden/whole_modules", "transforms/syntax")
    for path in (ROOT / folder).rglob("*.py")
    if path.stat().st_size < 40_000
)


def _lazily(text: str) -> cst.Module:
    return parse_lazily(text, ast.parse(text.removeprefix("\ufeff")))


def _assert_same(found: object, wanted: object) -> None:
    if isinstance(wanted, cst.CSTNode):
        assert isinstance(found, type(wanted))
        assert type(found) in {type(wanted), LazyBlock, LazyFunction, LazyClass}
        for field in dataclasses.fields(wanted):
            _assert_same(getattr(found, field.name), getattr(wanted, field.name))
    elif isinstance(wanted, list | tuple):
        assert isinstance(found, list | tuple)
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            _assert_same(one, other)
    else:
        assert found == wanted


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_texts(text: str) -> None:
    module = _lazily(text)
    _assert_same(module, cst.parse_module(text))
    assert module.code == cst.parse_module(text).code


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_whole_files(path: Path) -> None:
    text = path.read_bytes().decode()
    _assert_same(_lazily(text), cst.parse_module(text))


FILLERS = ["", "# c", "    ", "\t", "x = 1", "if a: b()", "def q(): pass", "class Q:\n    pass"]
FILLERS += [f"{' ' * depth}# c" for depth in (1, 2, 4, 6, 8, 12)]
FILLERS += ["if a:\n    pass\n    # in\n  # mid", "y = '''\n# no\n    '''"]


@settings(max_examples=200, database=None, derandomize=True, deadline=None)
@given(
    path=st.sampled_from(FILES),
    added=st.lists(st.tuples(st.integers(0, 400), st.sampled_from(FILLERS)), min_size=1),
)
def test_files_with_odd_lines_in_between(path: Path, added: list[tuple[int, str]]) -> None:
    lines = path.read_text().split("\n")[:200]
    for place, filler in added:
        lines.insert(place % len(lines), filler)
    text = "\n".join(lines)
    try:
        module, wanted = _lazily(text), cst.parse_module(text)
    except (SyntaxError, cst.ParserSyntaxError):
        return
    _assert_same(module, wanted)


TWO = """\
class A:
    def one(self):
        a = 1
        b = a
        return b

    def two(self):
        c = 1
        d = c
        return d


def three():
    e = 1
    f = e
    return f
"""


def _closed(module: cst.Module) -> list[str]:
    """The functions that nobody has looked into."""
    (owner, last) = module.body
    assert isinstance(owner, cst.ClassDef)
    functions = [each for each in (*owner.body.body, last) if isinstance(each, cst.FunctionDef)]
    return [each.name.value for each in functions if is_closed(each.body)]


def test_nothing_is_parsed_before_somebody_looks() -> None:
    assert _closed(_lazily(TWO)) == ["one", "two", "three"]


def test_a_definition_is_closed_until_somebody_looks_into_it() -> None:
    last = _lazily(TWO).body[-1]
    assert isinstance(last, LazyFunction)
    assert last.name.value == "three"
    assert len(last.leading_lines) == lines_above(last) == 2
    name, above = last.name, last.leading_lines
    assert is_closed(last)
    assert last.asynchronous is None
    assert not is_closed(last)
    assert is_closed(last.body)
    assert last.name is name
    assert last.leading_lines is above
    assert lines_above(last) == 2


def test_a_changed_copy_of_a_closed_definition_is_as_any_other() -> None:
    last = _lazily(TWO).body[-1]
    assert isinstance(last, LazyFunction)
    changed = last.with_changes(name=cst.Name("four"))
    assert not is_closed(changed)
    assert (
        cst.Module([changed]).code
        == f"\n\n{TWO[TWO.index('def three') :].replace('three', 'four')}"
    )


def test_a_name_is_looked_for_where_its_word_stands() -> None:
    module = _lazily(TWO)
    assert [each.role for each in occurrences(module, "c")] == ["store", "load"]
    assert _closed(module) == ["one", "three"]
    assert [each.role for each in occurrences(module, "e")] == ["store", "load"]
    assert [each.role for each in occurrences(module, "c")] == ["store", "load"]
    assert _closed(module) == ["one"]


@pytest.mark.parametrize("part", ["class", "block of the class", "function", "body"])
def test_a_name_is_found_from_wherever_one_looks(part: str) -> None:
    owner = _lazily(TWO).body[0]
    assert isinstance(owner, cst.ClassDef)
    function = owner.body.body[0]
    assert isinstance(function, cst.FunctionDef)
    parts = {
        "class": owner,
        "block of the class": owner.body,
        "function": function,
        "body": function.body,
    }
    assert [each.role for each in occurrences(parts[part], "a")] == ["store", "load"]


def test_all_of_it_is_there_for_who_asks_for_all() -> None:
    assert bound(_lazily(TWO)) == {"A", "three", "self", *"abcdef"}
    names = [node.value for node in walk(_lazily(TWO)) if isinstance(node, cst.Name)]
    eager = [node.value for node in walk(cst.parse_module(TWO)) if isinstance(node, cst.Name)]
    assert names == eager


def test_a_visitor_meets_a_body_as_any_block() -> None:
    met: list[int] = []

    class Counts(cst.CSTTransformer):
        def leave_IndentedBlock(
            self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
        ) -> cst.IndentedBlock:
            met.append(len(updated_node.body))
            return updated_node

    changed = _lazily(TWO).visit(Counts())
    assert met == [3, 3, 2, 3]
    assert changed.code == TWO


def test_a_statement_is_passed_over_only_if_its_words_say_so() -> None:
    tree = ast.parse(TWO)
    module = parse_lazily(TWO, tree)
    places = Places(module, TWO, tree)
    found = [node.value for node in places.walk({"d"}.isdisjoint) if isinstance(node, cst.Name)]
    assert found == ["A", "two", "self", "c", "d", "c", "d"]
    assert _closed(module) == ["one", "three"]


def test_the_words_of_a_line_with_semicolons_are_those_of_all_its_statements() -> None:
    text = "a = 1; b = (\n    c,\n)\nd = 2; e = (\n    f,\n)\n"
    tree = ast.parse(text)
    places = Places(parse_lazily(text, tree), text, tree)
    for name in "abcdef":
        found = [
            each.value for each in places.walk({name}.isdisjoint) if isinstance(each, cst.Name)
        ]
        assert name in found


@pytest.mark.parametrize("name", ["cafe\u0301", "col\u00b7lecció", "नाम_की"])
def test_a_name_may_have_characters_that_are_of_no_word(name: str) -> None:
    text = f"def f():\n    a()\n    b()\n    self.{name} = {name}\n"
    tree = ast.parse(text)
    module = parse_lazily(text, tree)
    assert len(occurrences(module, name)) == 1
    places = Places(parse_lazily(text, tree), text, tree)
    found = [node for node in places.walk({name}.isdisjoint) if isinstance(node, cst.Attribute)]
    assert [each.attr.value for each in found] == [name]


def test_parents_and_places_of_what_is_parsed_late() -> None:
    tree = ast.parse(TWO)
    module = parse_lazily(TWO, tree)
    places = Places(module, TWO, tree)
    (store, load) = occurrences(module, "e")
    assert places.span(store.node) == (14, 4, 14, 5)
    assert places.span(load.node) == (15, 8, 15, 9)
    way = [load.node]
    while (parent := places.parent(way[-1])) is not None:
        way.append(parent)
    assert way[-1] is module


def test_the_name_of_a_closed_definition_is_in_it() -> None:
    tree = ast.parse(TWO)
    module = parse_lazily(TWO, tree)
    places = Places(module, TWO, tree)
    last = module.body[-1]
    assert isinstance(last, LazyFunction)
    assert places.parent(last.name) is last
    assert is_closed(last)
    assert places.span(last.name) == (13, 4, 13, 9)
