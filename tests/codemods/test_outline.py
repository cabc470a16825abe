"""What is not edited is left out while the rest is, and comes back byte for byte."""

from __future__ import annotations

import ast
import re

import libcst as cst

from codemods.outline import Outline
from transforms.syntax.lazy import is_closed, parse_lazily
from transforms.syntax.places import Places
from transforms.syntax.scopes import walk

TEXT = '''\
"""Doc."""
import asyncio

# limits
A = 1
B = [
    2,
]  # b


class C:
    """Of C."""

    x = 1

    def f(self):
        first()
        # why
        for i in range(3):
            before(i)
            if i:
                edited(i)
                after(i)
            last(i)
        then()
        return 1

    def g(self):
        return 2


def h():
    # nothing
    return (
        3
    )


if A:
    D = 4
'''


def _outline(text: str) -> tuple[cst.Module, Outline]:
    tree = ast.parse(text)
    module = parse_lazily(text, tree)
    return module, Outline(module, Places(module, text, tree))


def _call(module: cst.Module, name: str) -> frozenset[cst.CSTNode]:
    return frozenset(
        node
        for node in walk(module)
        if isinstance(node, cst.Call)
        if isinstance(node.func, cst.Name) and node.func.value == name
    )


THIN = '''\
"""Doc."""
import asyncio

# limits
pass  # codemods: left out


class C:
    """Of C."""

    pass  # codemods: left out

    def f(self):
        pass  # codemods: left out within
        # why
        for i in range(3):
            pass  # codemods: left out within
            if i:
                edited(i)
                after(i)
            last(i)
        pass  # codemods: left out within
        return 1

    def g(self):
        return 2


def _(): pass  # codemods: left out


if A:
    D = 4
'''


def _sparse(text: str, name: str) -> tuple[str, Outline]:
    """The code around the call of ``name``, without the numbers of the stubs."""
    module, outline = _outline(text)
    code = outline.printed(outline.sparse(_call(module, name)).module)
    assert outline.complete(code) == text
    return re.sub(r"(left out(?: within)?) \d+", r"\1", code), outline


def test_only_what_leads_to_the_edit_stands_in_full() -> None:
    code, _ = _sparse(TEXT, "edited")
    assert code == THIN


def test_nothing_that_is_left_out_is_parsed() -> None:
    tree = ast.parse(TEXT)
    module = parse_lazily(TEXT, tree)
    places = Places(module, TEXT, tree)
    outline = Outline(module, places)
    (touched,) = [node for node in places.at((22, 16, 22, 25)) if isinstance(node, cst.Call)]
    assert outline.reproduces([touched])
    last = module.body[-2]
    assert isinstance(last, cst.FunctionDef)
    assert is_closed(last.body)


def test_functions_come_back_first_where_an_edit_is_in_them() -> None:
    module, outline = _outline(TEXT)
    code = outline.printed(outline.sparse(_call(module, "edited")).module)
    whole = outline.with_whole_functions(code)
    assert "then()" in whole
    assert "left out within" not in whole
    assert "B = [" not in whole
    assert outline.complete(whole) == TEXT


def test_a_function_that_imports_stands_in_full() -> None:
    text = "def f():\n    import asyncio\n    a()\n    b()\n    edited()\n    c()\n    d()\n"
    code, _ = _sparse(text, "edited")
    assert code == text


def test_what_is_edited_itself_stands_in_full() -> None:
    module, outline = _outline(TEXT)
    loops = frozenset(node for node in walk(module) if isinstance(node, cst.For))
    assert "before(i)\n" in outline.printed(outline.sparse(loops).module)


def test_names_are_found_in_what_is_left_out() -> None:
    module, outline = _outline(TEXT.replace("A = 1", "A = asyncio.sleep"))
    pieces = outline.pieces(outline.sparse(_call(module, "edited")).module)
    assert outline.mentioned(pieces, {"asyncio", "os"}, lambda _: []) == {"asyncio"}


def test_a_name_is_mentioned_where_it_is_known_to_be() -> None:
    module, outline = _outline(TEXT)
    pieces = outline.pieces(outline.sparse(_call(module, "edited")).module)
    out = next(n for n, line in enumerate(TEXT.splitlines(), 1) if line.startswith("A = 1"))
    stays = next(n for n, line in enumerate(TEXT.splitlines(), 1) if "edited(" in line)
    lines = {"known": [stays, out], "near": [stays]}
    assert outline.mentioned(pieces, lines.keys(), lambda name: sorted(lines[name])) == {"known"}


def test_other_line_ends() -> None:
    _sparse(TEXT.replace("\n", "\r\n"), "edited")


def test_a_text_with_the_mark_of_a_stub_stands_in_full() -> None:
    text = TEXT.replace("# why", "pass  # codemods: left out within 0")
    code, _ = _sparse(text, "edited")
    assert "B = [" in code
    assert "then()" in code
