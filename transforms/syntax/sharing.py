"""The names under which what a file makes may be seen from outside; see ``elsewhere``."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TypeVar, cast

from transforms.syntax.elsewhere import SharedNames
from transforms.syntax.excerpt import Layout, excerpt, likely_holders, occurrences
from transforms.syntax.names import FunctionNode, children
from transforms.syntax.plain import bound_in, is_self, last_word, tree_of

_CLASSES = frozenset({"AsyncLimiter", "BoundedSemaphore", "Event", "Semaphore"})
# Each begins with the word itself, so that the search stops at few places.
_MADE = tuple(
    re.compile(word + rb"(?:\(|[ \t]+as\b)")
    for word in (rb"Semaphore", rb"AsyncLimiter", rb"Event(?<!\wEvent)")
)
_RETRIED = re.compile(rb"@[\w.]*retry")
_MODULES = frozenset({"aiolimiter", "asyncio"})
_DECORATOR = "retry"
# What no excerpt leaves out: what imports the classes, and functions that are retried.
_ALWAYS = (
    re.compile(r"import\b[^\n]*\b(?:asyncio|aiolimiter)\b"),
    re.compile(r"from[ \t]+(?:asyncio|aiolimiter)\b"),
    re.compile(r"@[^\n]*retry"),
)
_UNCLEAR = re.compile(r"(?:import|from)[ \t]*\\|@[ \t]*[(\\]")
_PROPERTIES = frozenset({"cached_property", "property"})
_TAKES_ELEMENTS = frozenset({"add", "append", "appendleft", "insert", "setdefault"})
_GIVES_ELEMENTS = frozenset({"copy", "get", "items", "pop", "popitem", "setdefault", "values"})
_PASSES_ON = frozenset({"Factory", "attrib", "cast", "defaultdict", "dict", "enumerate", "field"})
_PASSES_ON |= frozenset({"ib", "list", "reversed", "set", "sorted", "tuple", "zip"})


def may_share(data: bytes) -> bool:
    """A look at a file's bytes: False only if ``shared_names`` finds nothing."""
    makes = b"asyncio" in data or b"aiolimiter" in data
    if makes and any(made.search(data) for made in _MADE):
        return True
    return b"tenacity" in data and _RETRIED.search(data) is not None


def shared_names(text: str) -> SharedNames:
    """The names under which what a file makes may be seen from outside; more rather than less."""
    try:
        found = _names_in_excerpt(Layout(text))
        if found is not None:
            return found
        tree = tree_of(text)
        return SharedNames() if tree is None else _Sharing(tree).names()
    except RecursionError:
        return SharedNames()  # what nobody has looked up counts as used


def _names_in_excerpt(layout: Layout) -> SharedNames | None:
    """The same, but only what concerns the objects is parsed; None: in vain.

    At first that is what makes some, or may take them when it is made. What these were asked
    for while the objects were followed is there in the next round, until nothing new is.
    """
    text = layout.text
    if _UNCLEAR.search(text) is not None:
        return None
    hits = [found.start() for each in _ALWAYS for found in each.finditer(text)]
    words: frozenset[str] = frozenset()
    more: Set[str] = _CLASSES | likely_holders(text, _CLASSES) | {"__init__"}
    known: str | None = None
    while more:
        hits += (position for word in more for position in occurrences(text, word))
        part = excerpt(layout, hits)
        if part is None:
            return None
        if part.text == known:
            break
        tree, known = tree_of(part.text), part.text
        if tree is None:
            return None
        sharing = _Sharing(tree)
        names = sharing.names()
        words |= more
        more = sharing.asked - words
    return names


@dataclass(frozen=True, slots=True)
class _Local:
    """A variable of one function."""

    function: ast.AST
    name: str


_Holder = str | _Local
"""What may hold an object: a variable of a function, or anything else by its name."""
_Flow = tuple[ast.AST, Callable[[], set[_Holder]]]
"""A value, and what tells what holds it afterwards."""
_Node = TypeVar("_Node", bound=ast.AST)
# What is looked at of a file, by what it is filed under: the order of definitions matters.
_KINDS: dict[type[ast.AST], type[ast.AST]] = {
    **{kind: kind for kind in (ast.AnnAssign, ast.Assign, ast.Call, ast.ClassDef, ast.For)},
    **{kind: kind for kind in (ast.FunctionDef, ast.Global, ast.Import, ast.ImportFrom)},
    **{kind: kind for kind in (ast.Name, ast.NamedExpr, ast.Return)},
    ast.comprehension: ast.comprehension,
    ast.AsyncFor: ast.For,
    ast.AsyncFunctionDef: ast.FunctionDef,
    ast.Nonlocal: ast.Global,
}


class _Sharing:
    """Names that may hold what the file makes: from the constructors on, from name to name."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._homes: dict[ast.AST, ast.AST] = {}
        """All nodes, each with the function, class or module that it stands in."""
        self._of_kind: dict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        self._walk(tree)
        imports: list[ast.Import | ast.ImportFrom] = [
            *self._all(ast.Import),
            *self._all(ast.ImportFrom),
        ]
        self._modules, self._classes = _imported_classes(imports)
        self._functions = {node.name: node for node in self._defined}
        self._holders: set[_Holder] = set()
        self.asked = set(self._classes)
        """The words that had to be looked up in all of the file, for what there is to follow."""

    def _walk(self, tree: ast.Module) -> None:
        homes, of_kind = self._homes, self._of_kind
        stack: list[tuple[ast.AST, ast.AST]] = [(tree, tree)]
        while stack:
            node, home = stack.pop()
            homes[node] = home
            kind = _KINDS.get(node.__class__)
            if kind is not None:
                of_kind[kind].append(node)
            inner = node if kind is ast.FunctionDef or kind is ast.ClassDef else home
            for child in children(node):
                stack.append((child, inner))

    def _all(self, kind: type[_Node]) -> list[_Node]:
        """The nodes of this kind in the order of the walk."""
        return cast("list[_Node]", self._of_kind[kind])

    @property
    def _defined(self) -> list[FunctionNode]:
        return cast("list[FunctionNode]", self._of_kind[ast.FunctionDef])

    def names(self) -> SharedNames:
        flows = list(self._flows()) if self._classes or self._modules else []
        known = -1
        while known != len(self._holders):
            known = len(self._holders)
            left = []
            for flow in flows:
                if self._holds(flow[0]):
                    self._holders |= flow[1]()
                else:
                    left.append(flow)
            flows = left
        names = {each for each in self._holders if isinstance(each, str)}
        retried = frozenset(self._retried())
        self.asked |= names | retried
        own = bound_in(self._tree.body)
        return SharedNames(frozenset(names - own), frozenset(names & own), retried)

    def _flows(self) -> Iterator[_Flow]:
        for assign in self._all(ast.Assign):
            yield assign.value, partial(self._stored_in_all, assign.targets)
        for annotated in self._all(ast.AnnAssign):
            if annotated.value is not None:
                yield annotated.value, partial(self._stored_in, annotated.target)
        for named in self._all(ast.NamedExpr):
            yield named.value, partial(self._stored_in, named.target)
        loops: list[ast.For | ast.comprehension] = [*self._all(ast.For)]
        for loop in (*loops, *self._all(ast.comprehension)):
            yield loop.iter, partial(self._stored_in, loop.target)
        for call in self._all(ast.Call):
            yield from self._of_call(call)
        for end in self._all(ast.Return):
            function = self._homes[end]
            if end.value is not None and isinstance(function, FunctionNode):
                yield end.value, partial(_handed_out, function)

    def _of_call(self, call: ast.Call) -> Iterator[_Flow]:
        for keyword in call.keywords:
            yield keyword.value, partial(self._taken_by_name, call, keyword)
        for place, argument in enumerate(call.args):
            yield argument, partial(self._taken_by_place, call, place)

    def _taken_by_name(self, call: ast.Call, keyword: ast.keyword) -> set[_Holder]:
        takes = self._taken_by(last_word(call.func))
        return {takes[keyword.arg]} if keyword.arg in takes else set()

    def _taken_by_place(self, call: ast.Call, place: int) -> set[_Holder]:
        word = last_word(call.func)
        stored: set[_Holder] = set()
        if isinstance(call.func, ast.Attribute) and word in _TAKES_ELEMENTS:
            stored = self._stored_in(call.func.value)
        places = list(self._taken_by(word).values())[_skipped(call) :]
        if any(isinstance(one, ast.Starred) for one in call.args[: place + 1]):
            return stored | set(places)
        return stored | set(places[place : place + 1])

    def _taken_by(self, word: str) -> dict[str, _Holder]:
        self.asked.add(word)
        return self._parameters.get(word, {})

    @cached_property
    def _parameters(self) -> dict[str, dict[str, _Holder]]:
        """What the file's functions, and its classes, take: by their names."""
        found = {name: _parameters(node) for name, node in self._functions.items()}
        for node in self._all(ast.ClassDef):
            inits = [n for n in node.body if isinstance(n, FunctionNode) and n.name == "__init__"]
            found[node.name] = _parameters(inits[-1]) if inits else _declared(node)
        return found

    def _stored_in_all(self, targets: Iterable[ast.AST]) -> set[_Holder]:
        return set().union(*map(self._stored_in, targets))

    def _stored_in(self, target: ast.AST) -> set[_Holder]:
        match target:
            case ast.Name(id=name):
                return {self._variable(target, name)}
            case ast.Attribute(attr=name, value=value):
                # What is put on another's object is out of sight: no rule takes it.
                self.asked.add(name)
                return {name} if is_self(value) or name in self._fields else set()
            case ast.Subscript(value=value) | ast.Starred(value=value):
                return self._stored_in(value)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                return self._stored_in_all(elements)
        return set()

    @cached_property
    def _fields(self) -> set[str]:
        """What the class bodies of the file declare."""
        return set().union(*(bound_in(node.body) for node in self._all(ast.ClassDef)))

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
        found: dict[ast.AST, set[str]] = defaultdict(set)
        for function in self._defined:
            found[function].update(_parameters(function))
        for node in self._all(ast.Name):
            if isinstance(node.ctx, ast.Store):
                found[self._homes[node]].add(node.id)
        for declared in self._all(ast.Global):
            found[self._homes[declared]].difference_update(declared.names)
        return found

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


def _imported_classes(nodes: Iterable[ast.Import | ast.ImportFrom]) -> tuple[set[str], set[str]]:
    """The file's words for the modules, and for the classes themselves."""
    modules, classes = set(_MODULES), set()
    for node in nodes:
        if isinstance(node, ast.Import):
            modules |= {a.asname for a in node.names if a.asname and _root(a.name) in _MODULES}
        elif _root(node.module or "") in _MODULES:
            names = [alias.name for alias in node.names]
            classes |= {a.asname or a.name for a in node.names if a.name in _CLASSES}
            classes |= _CLASSES if "*" in names else set()
            modules |= {a.asname or a.name for a in node.names}
    return modules, classes


def _root(module: str) -> str:
    return module.partition(".")[0]


def _handed_out(function: FunctionNode) -> set[_Holder]:
    """Its name, if its callers can be followed: private, or a property, as an attribute is."""
    name = function.name
    is_private = name.startswith("_") and not name.endswith("__")
    is_property = any(last_word(each) in _PROPERTIES for each in function.decorator_list)
    return {name} if is_private or is_property else set()


def _parameters(function: FunctionNode) -> dict[str, _Holder]:
    given = function.args
    names = (one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs))
    return {name: _Local(function, name) for name in names}
