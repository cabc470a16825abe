"""What a name in a source file stands for at run time: ``aio.sleep`` -> ``asyncio.sleep``.

One walk over the standard library's ``ast`` notes every scope, every binding and every parent;
nothing is resolved before somebody asks. The answer is a dotted origin in its public spelling
(``asyncio.locks.Semaphore`` is ``asyncio.Semaphore``), or None. None means "not known for sure":
a name that could be two things is neither of them.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from transforms.syntax.origins import LOOKALIKES, PUBLIC, ROOTS, canonical

ScopeKind = Literal["module", "class", "function", "comprehension"]
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True, eq=False)
class Scope:
    """One scope of the file. ``bindings`` holds the nodes that bind a name, by name."""

    kind: ScopeKind
    node: ast.AST
    parent: Scope | None
    bindings: defaultdict[str, list[ast.AST]] = field(default_factory=lambda: defaultdict(list))
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)

    @property
    def outer(self) -> Scope | None:
        """The next scope in which a free name is looked up: class bodies are invisible."""
        scope = self.parent
        while scope is not None and scope.kind == "class":
            scope = scope.parent
        return scope


@dataclass(frozen=True, slots=True)
class Use:
    """An expression (a name, or a dotted chain on one) and the origin it stands for."""

    origin: str
    node: ast.Name | ast.Attribute


class Names:
    """The names of one module.

    Args:
        tree: what ``ast.parse`` gave.
        watch: attribute names to note on the way; see ``watched``.

    Guarantees: nothing is imported or run; ``tree`` is not changed; no recursion, however deep
    the source is nested.
    """

    def __init__(self, tree: ast.Module, watch: frozenset[str] = frozenset()) -> None:
        self.module = Scope("module", tree, None)
        index = _Index(self.module, watch)
        self.watched: tuple[ast.Attribute, ...] = tuple(index.watched)
        """Every attribute expression whose attribute is one of ``watch``."""
        self.scopes: tuple[Scope, ...] = tuple(index.scopes)
        self._scope_of = index.scope_of
        self._reads = index.reads
        self._parents = index.parents
        self._imports = index.imports
        self._stars = sorted(index.stars, key=lambda node: (node.lineno, node.col_offset))
        self._meanings: dict[tuple[int, str], str | None] = {}
        self._uses: dict[frozenset[str] | None, tuple[Use, ...]] = {}
        self._patched = frozenset(filter(None, map(self._spelled, index.attribute_stores)))

    def resolve(self, expr: ast.AST) -> str | None:
        """The origin of a name or a dotted chain (``asyncio.sleep``), None if not known.

        Args:
            expr: a node of the tree. Anything but a chain of attributes on a name is None.
        """
        origin = self._spelled(expr)
        return None if origin in self._patched else origin

    def uses(self, roots: frozenset[str] | None = ROOTS) -> tuple[Use, ...]:
        """Every expression that stands for something imported, in source order.

        Args:
            roots: the top-level modules to look for; None for all.

        A chain is given once, at its full length: ``asyncio.sleep``, not ``asyncio`` as well.
        Names that are bound, imported or deleted are not uses.
        """
        if roots not in self._uses:
            self._uses[roots] = self._all_uses(roots)
        return self._uses[roots]

    def spellings(self, origins: frozenset[str]) -> frozenset[str]:
        """The names of the module's scope, and of classes, that stand for one of ``origins``, or
        a part of it. These are, or are in, the modules that the mapping table speaks of."""
        return frozenset(name for name, origin in self._spelled_here if _is_in(origin, origins))

    @cached_property
    def _spelled_here(self) -> frozenset[tuple[str, str]]:
        """Names of the module's scope, and of classes, that stand for something of ours."""
        found = (
            (name, self._meaning(name, scope))
            for scope in self.scopes
            if scope.kind in {"module", "class"}
            for name, nodes in scope.bindings.items()
            if any(map(self._may_be_ours, nodes))
        )
        return frozenset((name, origin) for name, origin in found if origin is not None)

    def _may_be_ours(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Name):
            value = getattr(self._parents[node], "value", None)
            return isinstance(value, ast.Name | ast.Attribute)
        return isinstance(node, ast.alias) and self._root(node) in ROOTS

    def deeper_than(self, levels: int) -> ast.AST | None:
        """A node that stands more than so many levels below the module, if there is one."""
        depths: dict[ast.AST, int] = {self.module.node: 0}
        for node, parent in self._parents.items():  # the walk met each parent before its children
            depths[node] = depth = depths[parent] + 1
            if depth > levels:
                return node
        return None

    def bindings(self, name: ast.Name) -> tuple[ast.AST, ...]:
        """The nodes that bind what ``name`` refers to, in any order; empty for a builtin.

        A node is a ``Name`` that is stored or deleted, an ``arg``, an ``alias``, a definition,
        an ``ExceptHandler`` or a pattern.
        """
        scope = self._home(name.id, self._scope_of.get(name))
        return tuple(scope.bindings[name.id]) if scope is not None else ()

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node that holds ``node``; None for the module."""
        return self._parents.get(node)

    def ancestors(self, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        """Pairs of (ancestor, its child on the way), from the inside out."""
        while (parent := self._parents.get(node)) is not None:
            yield parent, node
            node = parent

    def function(self, node: ast.AST) -> FunctionNode | None:
        """The function whose body runs ``node``; decorators and defaults run outside it."""
        for parent, child in self.ancestors(node):
            if isinstance(parent, FunctionNode) and isinstance(child, ast.stmt):
                return parent
        return None

    def qualified_name(self, definition: ast.AST) -> str:
        """``Outer.method.inner`` for a definition, without ``<locals>``."""
        parts = [getattr(definition, "name", "")]
        for parent, child in self.ancestors(definition):
            if isinstance(parent, FunctionNode | ast.ClassDef) and isinstance(child, ast.stmt):
                parts.append(parent.name)
        return ".".join(reversed(parts))

    def runs(self, node: ast.AST) -> bool:
        """False for code that only type checkers see (``if TYPE_CHECKING:``, ``if False:``)."""
        return not any(
            isinstance(parent, ast.If) and _never_taken(parent, child)
            for parent, child in self.ancestors(node)
        )

    # -- from an expression to a scope

    def _spelled(self, expr: ast.AST) -> str | None:
        """The origin that the imports give, before anybody assigns to the module's attribute."""
        attributes: list[str] = []
        while isinstance(expr, ast.Attribute):
            attributes.append(expr.attr)
            expr = expr.value
        if not isinstance(expr, ast.Name):
            return None
        root = self._look_up(expr.id, self._scope_of.get(expr))
        return root and canonical(".".join([root, *reversed(attributes)]))

    def _look_up(self, name: str, scope: Scope | None) -> str | None:
        home = self._home(name, scope)
        return self._from_star(name) if home is None else self._meaning(name, home)

    def _home(self, name: str, scope: Scope | None) -> Scope | None:
        """The scope that binds ``name`` as seen from ``scope``."""
        while scope is not None:
            if name in scope.globals:
                scope = self.module
            if scope.bindings.get(name):
                return scope
            scope = scope.outer
        return None

    def _from_star(self, name: str) -> str | None:
        """The last star import that brings ``name``; an unknown module may bring any name."""
        for node in reversed(self._stars):
            module = _origin_of_module(node)
            if name in PUBLIC.get(module, ()):
                return canonical(f"{module}.{name}")
            if module not in PUBLIC:
                return None
        return None

    # -- from a scope's bindings to an origin

    def _meaning(self, name: str, scope: Scope) -> str | None:
        key = (id(scope), name)
        if key not in self._meanings:
            self._meanings[key] = None  # a name that is defined by itself ends here
            self._meanings[key] = self._only_origin(name, scope)
        return self._meanings[key]

    def _only_origin(self, name: str, scope: Scope) -> str | None:
        live = [node for node in scope.bindings[name] if self.runs(node)]
        if not live and scope is self.module:
            return self._from_star(name)
        if scope is self.module and self._shadowed_by_star(name, live):
            return None
        if len(live) == 1 and isinstance(live[0], ast.Name):
            return self._from_alias(live[0])
        imports = [node for node in live if isinstance(node, ast.alias)]
        origins = {
            self._imported(node) if isinstance(node, ast.alias) else None
            for node in live
            if not self._is_dead_fallback(node, imports)
        }
        return origins.pop() if len(origins) == 1 else None

    def _from_alias(self, target: ast.Name) -> str | None:
        """``gather = asyncio.gather``: the target's only binding, a plain assignment."""
        statement = self._parents[target]
        match statement:
            case ast.Assign(targets=[only], value=value) if only is target:
                return self._spelled(value)
            case ast.AnnAssign(value=ast.expr() as value):
                return self._spelled(value)
        return None

    def _imported(self, node: ast.alias) -> str:
        statement = self._parents[node]
        if isinstance(statement, ast.ImportFrom):
            module = _origin_of_module(statement)
            return canonical(
                f"{module}{node.name}" if module[-1] == "." else f"{module}.{node.name}"
            )
        # ``import a.b`` binds ``a``; ``import a.b as c`` binds ``a.b``.
        return canonical(node.name if node.asname else node.name.partition(".")[0])

    def _root(self, node: ast.alias) -> str:
        """The top-level module that an import is from; a dot and more for a relative one."""
        statement = self._parents[node]
        module = (
            _origin_of_module(statement) if isinstance(statement, ast.ImportFrom) else node.name
        )
        return module if module[:1] == "." else module.partition(".")[0]

    def _is_dead_fallback(self, node: ast.AST, imports: Iterable[ast.alias]) -> bool:
        """A binding in ``except ImportError`` that can never stand for something callable.

        Either it binds None, so that a use of it fails before and after alike; or the ``try``
        imports nothing but asyncio, which is always there.
        """
        handler = next(
            (a for a, _ in self.ancestors(node) if isinstance(a, ast.ExceptHandler)), None
        )
        if handler is None or not _catches_import_error(handler):
            return False
        guarded = self._parents[handler]
        if not isinstance(guarded, ast.Try):
            return False
        if not any(ancestor is guarded for one in imports for ancestor, _ in self.ancestors(one)):
            return False
        statement = self._parents.get(node)
        if isinstance(statement, ast.Assign) and _is_none(statement.value):
            return True
        return all(_imports_only_asyncio(line) for line in guarded.body)

    def _shadowed_by_star(self, name: str, live: Iterable[ast.AST]) -> bool:
        """``from time import *`` below ``from asyncio import sleep``."""
        lines = [getattr(node, "lineno", 0) for node in live]
        return any(
            name in LOOKALIKES.get(_origin_of_module(star), ()) and star.lineno > min(lines)
            for star in self._stars
        )

    # -- uses

    def _all_uses(self, roots: frozenset[str] | None) -> tuple[Use, ...]:
        wanted = set(self._imported_names(roots))
        known: set[str] = set()
        found: list[Use] = []
        while wanted:  # a second round only for aliases that the first has found
            chains = [
                self._whole_chain(name)
                for spelling in sorted(wanted & self._reads.keys())
                for name in self._reads[spelling]
            ]
            known |= wanted
            wanted = set(self._aliases(chains)) - known
            origins = ((self.resolve(chain), chain) for chain in chains)
            found += (Use(o, chain) for o, chain in origins if o and _is_of(o, roots))
        return tuple(sorted(found, key=lambda use: (use.node.lineno, use.node.col_offset)))

    def _imported_names(self, roots: frozenset[str] | None) -> Iterator[str]:
        for node in self._imports:
            if roots is None or self._root(node) in roots:
                yield _bound(node)
        for star in self._stars:
            yield from PUBLIC.get(_origin_of_module(star), ())

    def _aliases(self, chains: Iterable[ast.AST]) -> Iterator[str]:
        for chain in chains:
            match self._parents[chain]:
                case ast.Assign(targets=[ast.Name(id=target)]):
                    yield target
                case ast.AnnAssign(target=ast.Name(id=target)):
                    yield target

    def _whole_chain(self, name: ast.Name) -> ast.Name | ast.Attribute:
        node: ast.Name | ast.Attribute = name
        while isinstance(parent := self._parents[node], ast.Attribute):
            node = parent
        return node


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below ``node``; as ``ast.iter_child_nodes``, without operators and such."""
    found: list[ast.AST] = []
    for name in _FIELDS[node.__class__]:
        child = getattr(node, name)
        if child.__class__ is list:
            # A dictionary's keys and the defaults of keywords may be None.
            found += child if None not in child else filter(None, child)
        elif child is not None:
            found.append(child)
    return found


# -- the walk

# Fields that never hold a node worth a visit. Leaving them out halves the walk.
_LEAVES = frozenset(
    {"arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "kwd_attrs", "level"}
    | {"module", "n", "name", "names", "op", "ops", "rest", "s", "simple", "str", "tag"}
    | {"type_comment", "type_ignores"}
)
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {
    cls: tuple(name for name in cls._fields if name not in _LEAVES)
    for cls in vars(ast).values()
    if isinstance(cls, type) and issubclass(cls, ast.AST)
}
_FIELDS[ast.Constant] = _FIELDS[ast.MatchSingleton] = ()


class _Index:
    """The walk: scopes, bindings, parents. One scope after the other, no recursion."""

    def __init__(self, module: Scope, watch: frozenset[str]) -> None:
        self.scopes = [module]
        self.scope_of: dict[ast.Name, Scope] = {}
        self.reads: defaultdict[str, list[ast.Name]] = defaultdict(list)
        self.parents: dict[ast.AST, ast.AST] = {}
        self.imports: list[ast.alias] = []
        self.stars: list[ast.ImportFrom] = []
        self.attribute_stores: list[ast.Attribute] = []
        self.watched: list[ast.Attribute] = []
        self._watch = watch
        self._pending: list[tuple[Scope, list[ast.AST]]] = [(module, [])]
        self._adopt(module.node, _FIELDS[ast.Module], self._pending[0][1])
        while self._pending:
            self._walk(*self._pending.pop())
        self._hand_over_declared()

    def _walk(self, scope: Scope, stack: list[ast.AST]) -> None:
        special = _SPECIAL
        fields = _FIELDS
        parents = self.parents
        while stack:
            node = stack.pop()
            cls = node.__class__
            if cls in special:
                special[cls](self, node, scope, stack)
                continue
            # The body of ``_adopt``, repeated: this is where the time goes.
            for name in fields[cls]:
                child = getattr(node, name)
                if child.__class__ is list:
                    for one in child:
                        if one is not None:
                            parents[one] = node
                            stack.append(one)
                elif child is not None:
                    parents[child] = node
                    stack.append(child)

    def _adopt(self, node: ast.AST, names: Iterable[str], stack: list[ast.AST]) -> None:
        """Put the children of ``node`` in the fields ``names`` on ``stack``."""
        for name in names:
            child = getattr(node, name, None)
            for one in child if isinstance(child, list) else (child,):
                if one is not None:
                    self.parents[one] = node
                    stack.append(one)

    def _open(self, kind: ScopeKind, node: ast.AST, parent: Scope) -> tuple[Scope, list[ast.AST]]:
        scope = Scope(kind, node, parent)
        stack: list[ast.AST] = []
        self.scopes.append(scope)
        self._pending.append((scope, stack))
        return scope, stack

    def _name(self, node: ast.Name, scope: Scope, stack: list[ast.AST]) -> None:
        self.scope_of[node] = scope
        if node.ctx.__class__ is ast.Load:
            self.reads[node.id].append(node)
        else:
            scope.bindings[node.id].append(node)

    def _attribute(self, node: ast.Attribute, scope: Scope, stack: list[ast.AST]) -> None:
        self.parents[node.value] = node
        stack.append(node.value)
        if node.attr in self._watch:
            self.watched.append(node)
        if node.ctx.__class__ is not ast.Load:
            self.attribute_stores.append(node)

    def _function(self, node: FunctionNode, scope: Scope, stack: list[ast.AST]) -> None:
        scope.bindings[node.name].append(node)
        self._adopt(node, ("decorator_list",), stack)
        scope, stack = self._type_parameters(node, scope, stack)
        self._adopt(node, ("returns",), stack)
        inner, body = self._open("function", node, scope)
        self._parameters(node, inner, stack)
        self._adopt(node, ("body",), body)

    def _lambda(self, node: ast.Lambda, scope: Scope, stack: list[ast.AST]) -> None:
        inner, body = self._open("function", node, scope)
        self._parameters(node, inner, stack)
        self._adopt(node, ("body",), body)

    def _parameters(
        self, node: FunctionNode | ast.Lambda, inner: Scope, stack: list[ast.AST]
    ) -> None:
        """Names go inside; defaults and annotations are read outside."""
        arguments = node.args
        self.parents[arguments] = node
        self._adopt(arguments, ("defaults", "kw_defaults"), stack)
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        for one in (*named, arguments.vararg, arguments.kwarg):
            if one is not None:
                self.parents[one] = arguments
                inner.bindings[one.arg].append(one)
                self._adopt(one, ("annotation",), stack)

    def _class(self, node: ast.ClassDef, scope: Scope, stack: list[ast.AST]) -> None:
        scope.bindings[node.name].append(node)
        self._adopt(node, ("decorator_list",), stack)
        scope, stack = self._type_parameters(node, scope, stack)
        self._adopt(node, ("bases", "keywords"), stack)
        _, body = self._open("class", node, scope)
        self._adopt(node, ("body",), body)

    def _type_alias(self, node: ast.AST, scope: Scope, stack: list[ast.AST]) -> None:
        self._adopt(node, ("name",), stack)
        _, stack = self._type_parameters(node, scope, stack)
        self._adopt(node, ("value",), stack)

    def _type_parameters(
        self, node: ast.AST, scope: Scope, stack: list[ast.AST]
    ) -> tuple[Scope, list[ast.AST]]:
        """``def f[T]``: the parameters live in a scope of their own around the definition."""
        if not getattr(node, "type_params", None):
            return scope, stack
        scope, stack = self._open("function", node, scope)
        self._adopt(node, ("type_params",), stack)
        for parameter in tuple(stack):
            scope.bindings[parameter.name].append(parameter)  # type: ignore[attr-defined]
        return scope, stack

    def _comprehension(
        self,
        node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
        scope: Scope,
        stack: list[ast.AST],
    ) -> None:
        """The first iterable is read outside; all the rest is inside."""
        _, body = self._open("comprehension", node, scope)
        self._adopt(node, ("elt", "key", "value"), body)
        for position, clause in enumerate(node.generators):
            self.parents[clause] = node
            self._adopt(clause, ("iter",), body if position else stack)
            self._adopt(clause, ("target", "ifs"), body)

    def _walrus(self, node: ast.NamedExpr, scope: Scope, stack: list[ast.AST]) -> None:
        self._adopt(node, ("value",), stack)
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        self.parents[node.target] = node
        self._name(node.target, scope, stack)

    def _handler(self, node: ast.ExceptHandler, scope: Scope, stack: list[ast.AST]) -> None:
        if node.name:
            scope.bindings[node.name].append(node)
        self._adopt(node, ("type", "body"), stack)

    def _pattern(
        self, node: ast.MatchAs | ast.MatchStar, scope: Scope, stack: list[ast.AST]
    ) -> None:
        if node.name:
            scope.bindings[node.name].append(node)
        self._adopt(node, ("pattern",), stack)

    def _mapping_pattern(self, node: ast.MatchMapping, scope: Scope, stack: list[ast.AST]) -> None:
        if node.rest:
            scope.bindings[node.rest].append(node)
        self._adopt(node, ("keys", "patterns"), stack)

    def _import(
        self, node: ast.Import | ast.ImportFrom, scope: Scope, stack: list[ast.AST]
    ) -> None:
        for one in node.names:
            self.parents[one] = node
            if one.name == "*" and isinstance(node, ast.ImportFrom):
                self.stars.append(node)
            else:
                scope.bindings[_bound(one)].append(one)
                self.imports.append(one)

    def _global(self, node: ast.Global, scope: Scope, stack: list[ast.AST]) -> None:
        scope.globals.update(node.names)

    def _nonlocal(self, node: ast.Nonlocal, scope: Scope, stack: list[ast.AST]) -> None:
        scope.nonlocals.update(node.names)

    def _hand_over_declared(self) -> None:
        """Move what a scope binds for another one (``global``, ``nonlocal``) to its owner."""
        for scope in self.scopes:
            for name in scope.globals:
                if scope is not self.scopes[0] and name in scope.bindings:
                    self.scopes[0].bindings[name].extend(scope.bindings.pop(name))
            for name in scope.nonlocals & scope.bindings.keys():
                owner = scope.outer
                while owner is not None and (name not in owner.bindings or name in owner.nonlocals):
                    owner = owner.outer
                if owner is not None and owner.kind == "function":
                    owner.bindings[name].extend(scope.bindings.pop(name))


_HANDLERS: dict[str, Callable[..., None]] = {
    "Name": _Index._name,
    "Attribute": _Index._attribute,
    "FunctionDef": _Index._function,
    "AsyncFunctionDef": _Index._function,
    "Lambda": _Index._lambda,
    "ClassDef": _Index._class,
    "TypeAlias": _Index._type_alias,  # Python 3.12
    "ListComp": _Index._comprehension,
    "SetComp": _Index._comprehension,
    "DictComp": _Index._comprehension,
    "GeneratorExp": _Index._comprehension,
    "NamedExpr": _Index._walrus,
    "ExceptHandler": _Index._handler,
    "MatchAs": _Index._pattern,
    "MatchStar": _Index._pattern,
    "MatchMapping": _Index._mapping_pattern,
    "Import": _Index._import,
    "ImportFrom": _Index._import,
    "Global": _Index._global,
    "Nonlocal": _Index._nonlocal,
}
_SPECIAL: dict[type[ast.AST], Callable[..., None]] = {
    getattr(ast, name): handler for name, handler in _HANDLERS.items() if hasattr(ast, name)
}


# -- small questions about single nodes


def _bound(node: ast.alias) -> str:
    """``import a.b`` binds ``a``."""
    return node.asname or node.name.partition(".")[0]


def _is_in(origin: str, origins: frozenset[str]) -> bool:
    while origin not in origins:
        origin = origin.rpartition(".")[0]
        if not origin:
            return False
    return True


def _is_of(origin: str, roots: frozenset[str] | None) -> bool:
    return roots is None or origin.partition(".")[0] in roots


def _origin_of_module(node: ast.ImportFrom) -> str:
    """The module of ``from m import …``; a relative one begins with a dot and matches nothing."""
    return "." * node.level + (node.module or "")


def _never_taken(statement: ast.If, child: ast.AST) -> bool:
    """Whether ``child`` is on the side of the ``if`` that no interpreter runs."""
    test, dead = statement.test, statement.body
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, dead = test.operand, statement.orelse
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
    unreachable = name == "TYPE_CHECKING" or (isinstance(test, ast.Constant) and not test.value)
    return unreachable and child in dead


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    caught = {getattr(one, "id", None) for one in types}
    return not caught.isdisjoint({"ImportError", "ModuleNotFoundError", "Exception"})


def _is_none(expr: ast.expr) -> bool:
    return isinstance(expr, ast.Constant) and expr.value is None


def _imports_only_asyncio(statement: ast.stmt) -> bool:
    match statement:
        case ast.ImportFrom(module="asyncio", level=0):
            return True
        case ast.Import(names=names):
            return all(one.name == "asyncio" for one in names)
    return False
