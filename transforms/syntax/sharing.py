"""The names under which what a file makes may be seen from outside; see ``elsewhere``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from transforms.syntax.elsewhere import SharedNames
from transforms.syntax.names import FunctionNode, children
from transforms.syntax.plain import bound_in, is_self, last_word, tree_of

_CLASSES = frozenset({"AsyncLimiter", "BoundedSemaphore", "Event", "Semaphore"})
_MADE = re.compile(rb"(?:Semaphore|AsyncLimiter|(?<!\w)Event)(?:\(|[ \t]+as\b)")
_RETRIED = re.compile(rb"@[\w.]*retry")
_MODULES = frozenset({"aiolimiter", "asyncio"})
_DECORATOR = "retry"
_PROPERTIES = frozenset({"cached_property", "property"})
_TAKES_ELEMENTS = frozenset({"add", "append", "appendleft", "insert", "setdefault"})
_GIVES_ELEMENTS = frozenset({"copy", "get", "items", "pop", "popitem", "setdefault", "values"})
_PASSES_ON = frozenset({"Factory", "attrib", "cast", "defaultdict", "dict", "enumerate", "field"})
_PASSES_ON |= frozenset({"ib", "list", "reversed", "set", "sorted", "tuple", "zip"})


def may_share(data: bytes) -> bool:
    """A look at a file's bytes: False only if ``shared_names`` finds nothing."""
    makes = b"asyncio" in data or b"aiolimiter" in data
    if makes and _MADE.search(data) is not None:
        return True
    return b"tenacity" in data and _RETRIED.search(data) is not None


def shared_names(text: str) -> SharedNames:
    """The names under which what a file makes may be seen from outside; more rather than less."""
    tree = tree_of(text)
    try:
        return SharedNames() if tree is None else _Sharing(tree).names()
    except RecursionError:
        return SharedNames()  # what nobody has looked up counts as used


@dataclass(frozen=True, slots=True)
class _Local:
    """A variable of one function."""

    function: ast.AST
    name: str


_Holder = str | _Local
"""What may hold an object: a variable of a function, or anything else by its name."""


class _Sharing:
    """Names that may hold what the file makes: from the constructors on, from name to name."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._homes = dict(_homes(tree))
        self._modules, self._classes = _imported_classes(self._homes)
        self._functions = {n.name: n for n in self._homes if isinstance(n, FunctionNode)}
        self._holders: set[_Holder] = set()

    def names(self) -> SharedNames:
        flows = list(self._flows()) if self._classes or self._modules else []
        known = -1
        while known != len(self._holders):
            known = len(self._holders)
            for value, holders in flows:
                if not holders <= self._holders and self._holds(value):
                    self._holders |= holders
        names = {each for each in self._holders if isinstance(each, str)}
        return SharedNames(
            frozenset(names - bound_in(self._tree.body)),
            frozenset(names & bound_in(self._tree.body)),
            frozenset(self._retried()),
        )

    def _flows(self) -> Iterator[tuple[ast.AST, set[_Holder]]]:
        """Values, and what holds them afterwards."""
        for node in self._homes:
            match node:
                case ast.Assign(targets=targets, value=value):
                    yield value, set().union(*map(self._stored_in, targets))
                case (
                    ast.AnnAssign(target=target, value=ast.expr() as value)
                    | ast.NamedExpr(target=target, value=value)
                    | ast.For(target=target, iter=value)
                    | ast.AsyncFor(target=target, iter=value)
                    | ast.comprehension(target=target, iter=value)
                ):
                    yield value, self._stored_in(target)
                case ast.Call():
                    yield from self._of_call(node)
                case ast.Return(value=ast.expr() as value):
                    function = self._homes[node]
                    if isinstance(function, FunctionNode) and _hands_out(function):
                        yield value, {function.name}

    def _of_call(self, call: ast.Call) -> Iterator[tuple[ast.AST, set[_Holder]]]:
        word = last_word(call.func)
        takes = self._parameters.get(word, {})
        for keyword in call.keywords:
            if keyword.arg in takes:
                yield keyword.value, {takes[keyword.arg]}
        stored: set[_Holder] = set()
        if isinstance(call.func, ast.Attribute) and word in _TAKES_ELEMENTS:
            stored = self._stored_in(call.func.value)
        places = list(takes.values())[_skipped(call) :]
        for place, argument in enumerate(call.args):
            into = set(places[place : place + 1])
            if any(isinstance(one, ast.Starred) for one in call.args[: place + 1]):
                into = set(places)
            yield argument, stored | into

    @cached_property
    def _parameters(self) -> dict[str, dict[str, _Holder]]:
        """What the file's functions, and its classes, take: by their names."""
        found = {name: _parameters(node) for name, node in self._functions.items()}
        for node in self._homes:
            if isinstance(node, ast.ClassDef):
                inits = [
                    n for n in node.body if isinstance(n, FunctionNode) and n.name == "__init__"
                ]
                found[node.name] = _parameters(inits[-1]) if inits else _declared(node)
        return found

    def _stored_in(self, target: ast.AST) -> set[_Holder]:
        match target:
            case ast.Name(id=name):
                return {self._variable(target, name)}
            case ast.Attribute(attr=name, value=value):
                # What is put on another's object is out of sight: no rule takes it.
                return {name} if is_self(value) or name in self._fields else set()
            case ast.Subscript(value=value) | ast.Starred(value=value):
                return self._stored_in(value)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                return set().union(*map(self._stored_in, elements))
        return set()

    @cached_property
    def _fields(self) -> set[str]:
        """What the class bodies of the file declare."""
        classes = (node for node in self._homes if isinstance(node, ast.ClassDef))
        return set().union(*(bound_in(node.body) for node in classes))

    def _variable(self, node: ast.AST, name: str) -> _Holder:
        """The variable that a name stands for; a lambda's and a comprehension's is a function's."""
        home = self._homes[node]
        while isinstance(home, FunctionNode):
            if name in self._bound[home]:
                return _Local(home, name)
            home = self._homes[home]
        return name

    @cached_property
    def _bound(self) -> dict[ast.AST, set[str]]:
        found: dict[ast.AST, set[str]] = {}
        declared: dict[ast.AST, set[str]] = {}
        for node, home in self._homes.items():
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    found.setdefault(node, set()).update(_parameters(node))
                case ast.Name(id=name, ctx=ast.Store()):
                    found.setdefault(home, set()).add(name)
                case ast.Global(names=names) | ast.Nonlocal(names=names):
                    declared.setdefault(home, set()).update(names)
        return {home: names - declared.get(home, set()) for home, names in found.items()}

    def _holds(self, value: ast.AST) -> bool:
        """Whether an expression may give one of the objects, or something that holds one."""
        match value:
            case ast.Name(id=name):
                return self._variable(value, name) in self._holders
            case ast.Attribute(attr=name, value=whose):
                return name in self._holders and not last_word(whose)[:1].isupper()
            case ast.Call(func=func):
                return self._makes(func) or self._gives(value)
            case ast.IfExp(body=body, orelse=other):
                return self._holds(body) or self._holds(other)
            case ast.Lambda(body=inner) | ast.Await(value=inner) | ast.Subscript(value=inner):
                return self._holds(inner)
            case ast.NamedExpr(value=inner) | ast.Starred(value=inner) | ast.DictComp(value=inner):
                return self._holds(inner)
            case ast.ListComp(elt=inner) | ast.SetComp(elt=inner) | ast.GeneratorExp(elt=inner):
                return self._holds(inner)
            case ast.BoolOp(values=values) | ast.Dict(values=values):
                return any(map(self._holds, values))
            case ast.List(elts=values) | ast.Tuple(elts=values) | ast.Set(elts=values):
                return any(map(self._holds, values))
        return False

    def _makes(self, func: ast.expr) -> bool:
        match func:
            case ast.Name(id=name):
                return name in self._classes
            case ast.Attribute(attr=name, value=module):
                return name in _CLASSES and last_word(module) in self._modules
        return False

    def _gives(self, call: ast.Call) -> bool:
        word = last_word(call.func)
        if word in _PASSES_ON:
            return any(map(self._holds, (*call.args, *(one.value for one in call.keywords))))
        if isinstance(call.func, ast.Attribute) and word in _GIVES_ELEMENTS:
            return any(map(self._holds, (call.func.value, *call.args)))
        return word in self._holders and word in self._functions

    def _retried(self) -> Iterator[str]:
        for name, function in self._functions.items():
            if any(_DECORATOR in last_word(each) for each in function.decorator_list):
                yield name


def _homes(tree: ast.Module) -> Iterator[tuple[ast.AST, ast.AST]]:
    """All nodes, each with the function, class or module that it stands in."""
    stack: list[tuple[ast.AST, ast.AST]] = [(tree, tree)]
    while stack:
        node, home = stack.pop()
        yield node, home
        inner = node if isinstance(node, FunctionNode | ast.ClassDef) else home
        stack.extend((child, inner) for child in children(node))


def _skipped(call: ast.Call) -> int:
    """How many parameters of the callee come before the arguments: ``self``."""
    word = last_word(call.func)
    return int(isinstance(call.func, ast.Attribute) or word.lstrip("_")[:1].isupper())


def _declared(node: ast.ClassDef) -> dict[str, _Holder]:
    """The fields of a dataclass in their order, behind a place for ``self``."""
    fields = (each.target for each in node.body if isinstance(each, ast.AnnAssign))
    names = (each.id for each in fields if isinstance(each, ast.Name))
    declared: dict[str, _Holder] = {"self": "self"}
    return declared | {name: name for name in names}


def _imported_classes(nodes: Iterable[ast.AST]) -> tuple[set[str], set[str]]:
    """The file's words for the modules, and for the classes themselves."""
    modules, classes = set(_MODULES), set()
    for node in nodes:
        if isinstance(node, ast.Import):
            modules |= {a.asname for a in node.names if a.asname and _root(a.name) in _MODULES}
        elif isinstance(node, ast.ImportFrom) and _root(node.module or "") in _MODULES:
            names = [alias.name for alias in node.names]
            classes |= {a.asname or a.name for a in node.names if a.name in _CLASSES}
            classes |= _CLASSES if "*" in names else set()
            modules |= {a.asname or a.name for a in node.names}
    return modules, classes


def _root(module: str) -> str:
    return module.partition(".")[0]


def _hands_out(function: FunctionNode) -> bool:
    """Whether its callers can be followed: private, or a property, which is as an attribute."""
    name = function.name
    is_private = name.startswith("_") and not name.endswith("__")
    return is_private or any(last_word(each) in _PROPERTIES for each in function.decorator_list)


def _parameters(function: FunctionNode) -> dict[str, _Holder]:
    given = function.args
    names = (one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs))
    return {name: _Local(function, name) for name in names}
