"""What a file does with things that others make; see ``elsewhere``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property
from itertools import pairwise

from transforms.syntax.elsewhere import ForeignUse, SharedNames, What
from transforms.syntax.excerpt import Layout, excerpt, occurrences
from transforms.syntax.lines import lines_of
from transforms.syntax.names import children
from transforms.syntax.one_of import one_of
from transforms.syntax.plain import bound_in, is_self, last_word, tree_of
from transforms.syntax.reexports import imported_words

#: What ``tenacity.retry`` adds to a function.
_OF_RETRIED = frozenset({"retry", "retry_with", "statistics"})
#: What a class can do, its replacement can do as well; and nothing else of a public name.
_PUBLIC = frozenset(
    {"acquire", "clear", "has_capacity", "is_set", "locked", "release", "set", "wait"}
)
_GIVES_ELEMENTS = frozenset({"copy", "get", "items", "pop", "popitem", "setdefault", "values"})
#: Functions that replace, and that read, an attribute which a string names.
_SET_BY_NAME = frozenset({"delattr", "object", "patch", "setattr"})
_READ_BY_NAME = frozenset({"attrgetter", "getattr"})
#: Bases that bind no attribute of ours.
PLAIN_BASES = frozenset(
    {"ABC", "BaseModel", "Enum", "Exception", "Generic", "Protocol", "RuntimeError", "object"}
)


class Lookout:
    """Tells by its bytes whether a file may use one of the names."""

    def __init__(self, names: SharedNames) -> None:
        objects, functions = one_of(names.attributes | names.variables), one_of(names.functions)
        noted = rf"[ \t]*{objects}\b{_UNLESS_PLAIN}"
        decorated = rf"{functions}\s*\.\s*(?:_|{one_of(_OF_RETRIED)}\b)"
        self._dotted = re.compile(rf"\.(?:{noted}|{decorated})".encode())
        self._quoted = (
            *_patterns(_QUOTED, names.all),
            *_patterns(_QUOTED_AND_MORE, names.functions),
        )
        self._names = names

    def sees(self, data: bytes) -> bool:
        """False only if ``foreign_uses`` finds nothing."""
        if self._dotted.search(data):
            return True
        if any(pattern.search(data) for pattern in _NAMING) and any(
            pattern.search(data) for pattern in self._quoted
        ):
            return True
        return bool(_imported(data, self._names))


# All begin with one character, so that the search stops at few places.
_OF_ANY = one_of(_OF_RETRIED | _GIVES_ELEMENTS)
# What is asked of the value and can be asked of any replacement as well is not noted, and what
# ends in a quote or a backtick is no code.
_UNLESS_PLAIN = rf"(?!['\"`]|[ \t]+import\b|\s*\.\s*(?!_|{_OF_ANY}\b)\w)"
_QUOTED = (r"\.WORDS['\"]", r"'WORDS'", r'"WORDS"')
_QUOTED_AND_MORE = tuple(rf"{quote}WORDS\.{one_of(_OF_RETRIED)}\b" for quote in "'\"")
# The calls that take an attribute's name.
_NAMING = tuple(
    re.compile(word + rb"\s*\(") for word in (rb"attr(?:getter)?", rb"object", rb"patch")
)


def _imported(data: bytes, names: SharedNames) -> frozenset[str]:
    """Those of the names that a file may import, by its bytes."""
    wanted = names.variables | names.functions
    clauses = b"\n".join(imported_words(data)) if wanted else b""
    return wanted.intersection(_WORD.findall(clauses.decode("latin-1")))


_WORD = re.compile(r"\w+", re.ASCII)


def _patterns(templates: Iterable[str], names: frozenset[str]) -> tuple[re.Pattern[bytes], ...]:
    words = one_of(names)
    return tuple(re.compile(each.replace("WORDS", words).encode()) for each in templates if names)


def foreign_uses(text: str, path: str, names: SharedNames) -> tuple[ForeignUse, ...]:
    """What a file does with things of these names that are not its own local variables."""
    try:
        found = _uses_in_excerpt(Layout(text), path, names)
        if found is not None:
            return found
        tree = tree_of(text)
        return () if tree is None else _Reader(tree, text, path, names).sorted_uses()
    except RecursionError:
        return ()  # nested more deeply than the tool reads anything


def _uses_in_excerpt(
    layout: Layout, path: str, names: SharedNames
) -> tuple[ForeignUse, ...] | None:
    """The same, but only the functions that name one of the names are parsed; None: in vain.

    Each use has its name behind a dot, in quotes, or is a variable, imported under another name
    perhaps, of a function; the class around it is there with all that it binds by that name.
    """
    text, words = layout.text, _imported(layout.text.encode(), names)
    hits = [found.start() for each in _mentions(names) for found in each.finditer(text)]
    while True:
        named = (position for word in words for position in occurrences(text, word))
        part = excerpt(layout, (*hits, *named))
        tree = None if part is None else tree_of(part.text)
        if tree is None:
            return None
        reader = _Reader(tree, layout.text, path, names)
        if reader.imported.keys() <= words:
            uses = reader.sorted_uses()
            return None if reader.follows_globals else uses
        words |= reader.imported.keys()


@cache
def _mentions(names: SharedNames) -> tuple[re.Pattern[str], ...]:
    """Where a name stands behind a dot, or in quotes."""
    objects = one_of(names.attributes | names.variables)
    functions, all_names = one_of(names.functions), one_of(names.all)
    templates = (
        rf"\.[\s\\]*{objects}\b{_UNLESS_PLAIN}",
        *(rf"{mark}[\s\\]*{functions}\b" for mark in (r"\.", "'", '"')),
        *(each.replace("WORDS", all_names) for each in _QUOTED),
    )
    return tuple(map(re.compile, templates))


class _Reader:
    """What one file does with things of the names, other than what it binds for itself."""

    def __init__(self, tree: ast.Module, text: str, path: str, names: SharedNames) -> None:
        self._tree = tree
        self._text = text
        self._path = path
        self._names = names
        self._parents: dict[ast.AST, ast.AST] = {}
        stack: list[ast.AST] = [tree]
        while stack:
            node = stack.pop()
            below = children(node)
            for child in below:
                self._parents[child] = node
            stack += below
        self._bound: dict[ast.ClassDef, set[str]] = {}
        self._followed: set[tuple[ast.AST, str]] = set()
        self.follows_globals = False
        """Whether what is found depends on what all of the file does with a variable of its own."""

    def sorted_uses(self) -> tuple[ForeignUse, ...]:
        return tuple(sorted(set(self._uses())))

    def _uses(self) -> Iterator[ForeignUse]:
        imported, names = self.imported, self._names.all
        for node in self._parents:
            match node:
                case ast.Attribute(attr=name) if name in names:
                    yield from self._of(name, node)
                case ast.Name(id=alias) if alias in imported:
                    yield from self._of(imported[alias], node)
                case ast.Call():
                    yield from self._by_string(node)

    @cached_property
    def imported(self) -> dict[str, str]:
        """The file's words for what it imports under a shared name."""
        wanted = self._names.variables | self._names.functions
        return {
            alias.asname or alias.name: alias.name
            for node in self._parents
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
            if alias.name in wanted
        }

    def _of(self, name: str, node: ast.Attribute | ast.Name) -> Iterator[ForeignUse]:
        owner = ""
        if isinstance(node, ast.Attribute) and is_self(node.value):
            inside = self._around(node, ast.ClassDef)
            owner = self._owner(inside, name) if isinstance(inside, ast.ClassDef) else ""
        if not isinstance(node.ctx, ast.Load):
            yield self._use(name, node, "stored", owner=owner)
            return
        parent = self._parents[node]
        called = isinstance(parent, ast.Call) and parent.func is node
        if called and name not in self._names.attributes:
            return
        is_function = name not in self._names.attributes | self._names.variables
        for what, at in self._fates(parent if called else node):
            if what == "member" or not is_function:
                member = at.attr if what == "member" and isinstance(at, ast.Attribute) else ""
                yield self._use(name, at, what, member, called, owner)

    def _use(
        self,
        name: str,
        node: ast.AST,
        what: What,
        member: str = "",
        called: bool = False,
        owner: str = "",
    ) -> ForeignUse:
        line = getattr(node, "lineno", 1)
        code = self._lines[line - 1].strip()
        return ForeignUse(name, self._path, line, what, member, called, code, owner)

    def _owner(self, inside: ast.ClassDef, name: str) -> str:
        is_made = any(isinstance(base, ast.Call) for base in inside.bases)
        return inside.name if not is_made and name in self._bound_by(inside) else ""

    def _bound_by(self, inside: ast.ClassDef) -> set[str]:
        """What a class binds in its body, and in its methods as attributes of their object."""
        if inside not in self._bound:
            self._bound[inside] = bound_in(inside.body) | {
                node.attr
                for node in _below(inside)
                if isinstance(node, ast.Attribute)
                and isinstance(node.ctx, ast.Store)
                and is_self(node.value)
            }
        return self._bound[inside]

    @cached_property
    def _lines(self) -> Sequence[str]:
        return lines_of(self._text)

    def _around(self, node: ast.AST, *kinds: type[ast.AST]) -> ast.AST | None:
        current = self._parents.get(node)
        while current is not None and not isinstance(current, kinds):
            current = self._parents.get(current)
        return current

    def _fates(self, node: ast.AST) -> Iterator[tuple[What, ast.AST]]:
        """What becomes of the value of an expression, less what anything can do."""
        parent = self._parents[node]
        match parent:
            case ast.Attribute(attr=name):
                call = self._parents[parent]
                if name.startswith("_") or name in _OF_RETRIED:
                    yield "member", parent
                elif name in _GIVES_ELEMENTS and isinstance(call, ast.Call):
                    yield from self._fates(call)
            case ast.withitem() | ast.Expr() | ast.Assert() | ast.UnaryOp(op=ast.Not()):
                return
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if test is node:
                return
            case ast.Compare(ops=ops) if all(isinstance(op, ast.Is | ast.IsNot) for op in ops):
                return
            case ast.BoolOp() | ast.IfExp() | ast.Await():
                yield from self._fates(parent)
            case ast.Subscript(value=value) if value is node and isinstance(parent.ctx, ast.Load):
                yield from self._fates(parent)
            case ast.NamedExpr(target=target):
                yield from self._fates(parent)
                yield from self._variable(target)
            case ast.Assign(targets=[ast.Name() as target]):
                yield from self._variable(target)
            case ast.AnnAssign(target=ast.Name() as target):
                yield from self._variable(target)
            case (
                ast.For(target=ast.Name() as target)
                | ast.comprehension(target=ast.Name() as target)
            ):
                yield from self._variable(target)
            case _:
                yield "handed-on", node

    def _variable(self, target: ast.Name) -> Iterator[tuple[What, ast.AST]]:
        home = self._around(target, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda) or self._tree
        if (home, target.id) in self._followed:
            return
        self._followed.add((home, target.id))
        self.follows_globals |= home is self._tree
        for node in _below(home):
            is_read = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
            if is_read and node.id == target.id:  # type: ignore[attr-defined]
                yield from self._fates(node)

    def _by_string(self, call: ast.Call) -> Iterator[ForeignUse]:
        """``getattr(client, "_sem")``, ``patch("app.client.Client._sem")``."""
        word = last_word(call.func)
        if word not in _SET_BY_NAME | _READ_BY_NAME:
            return
        for argument in call.args:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                *path, name = argument.value.split(".")
                if name in self._names.all:
                    what: What = "stored" if word in _SET_BY_NAME else "handed-on"
                    yield self._use(name, call, what)
                yield from self._of_retried_by_string(call, [*path, name])

    def _of_retried_by_string(self, call: ast.Call, path: Sequence[str]) -> Iterator[ForeignUse]:
        """``patch("app.fetch.retry.sleep")``, ``patch.object(fetch, "retry")``."""
        first = call.args[0]
        if isinstance(first, ast.Name | ast.Attribute):
            path = [last_word(first), *path]
        for name, member in pairwise(path):
            if name in self._names.functions and member in _OF_RETRIED:
                yield self._use(name, call, "member", member)


def _below(node: ast.AST) -> Iterator[ast.AST]:
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack += children(node)
