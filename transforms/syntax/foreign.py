"""What a file does with things that others make; see ``elsewhere``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from transforms.syntax.elsewhere import ForeignUse, SharedNames, What
from transforms.syntax.names import children
from transforms.syntax.plain import bound_in, is_self, last_word, tree_of

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
        objects = names.attributes | names.variables
        self._dotted = _pattern(rb"[.'\"][ \t]*(?:%s)\b" + _UNLESS_PUBLIC, objects)
        self._decorated = _pattern(rb"[.'\"](?:%s)(?:\s*\.|['\"])", names.functions)
        self._variables = frozenset(map(str.encode, names.variables | names.functions))

    def sees(self, data: bytes) -> bool:
        """False only if ``foreign_uses`` finds nothing."""
        if self._dotted is not None and self._dotted.search(data):
            return True
        if self._decorated is not None and self._decorated.search(data):
            return True
        if not self._variables:
            return False
        imports = _IMPORTS.findall(data)
        return any(not self._variables.isdisjoint(_WORD.findall(one)) for one in imports)


_UNLESS_PUBLIC = b"(?!\\s*\\.\\s*(?:%s)\\b)" % b"|".join(sorted(map(str.encode, _PUBLIC)))
_IMPORTS = re.compile(rb"from[ \t]+[\w.]+[ \t]+import[ \t]*(\([^)]*\)|[^\n]*)")
_WORD = re.compile(rb"\w+")


def _pattern(template: bytes, names: frozenset[str]) -> re.Pattern[bytes] | None:
    words = b"|".join(re.escape(name.encode()) for name in sorted(names))
    return re.compile(template.replace(b"%s", words)) if names else None


def foreign_uses(text: str, path: str, names: SharedNames) -> tuple[ForeignUse, ...]:
    """What a file does with things of these names that are not its own local variables."""
    tree = tree_of(text)
    if tree is None:
        return ()
    reader = _Reader(tree, _LINE_END.split(text), path, names)
    try:
        return tuple(sorted(set(reader.uses())))
    except RecursionError:
        return ()  # nested more deeply than the tool reads anything


class _Reader:
    """What one file does with things of the names, other than what it binds for itself."""

    def __init__(
        self, tree: ast.Module, lines: Sequence[str], path: str, names: SharedNames
    ) -> None:
        self._tree = tree
        self._lines = lines
        self._path = path
        self._names = names
        self._parents: dict[ast.AST, ast.AST] = {}
        stack: list[ast.AST] = [tree]
        while stack:
            node = stack.pop()
            below = list(children(node))
            self._parents.update(dict.fromkeys(below, node))
            stack += below
        self._followed: set[tuple[ast.AST, str]] = set()

    def uses(self) -> Iterator[ForeignUse]:
        imported = self._imported()
        for node in list(self._parents):
            match node:
                case ast.Attribute(attr=name) if name in self._names.all:
                    yield from self._of(name, node)
                case ast.Name(id=alias) if alias in imported:
                    yield from self._of(imported[alias], node)
                case ast.Call():
                    yield from self._by_string(node)

    def _imported(self) -> dict[str, str]:
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
        return inside.name if not is_made and _binds(inside, name) else ""

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
        for node in ast.walk(home):
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


_LINE_END = re.compile(r"\r\n|\r|\n")


def _binds(inside: ast.ClassDef, name: str) -> bool:
    return name in bound_in(inside.body) or any(
        isinstance(node, ast.Attribute)
        and node.attr == name
        and isinstance(node.ctx, ast.Store)
        and is_self(node.value)
        for node in ast.walk(inside)
    )
