"""Which coordination calls a file replaces for other modules, as tests do.

``patch("app.jobs.asyncio.sleep")`` in a test makes ``app/jobs.py`` wait no time. Rewritten, the
module would not call ``asyncio.sleep`` any more: the test would wait, or miss its call. What is
replaced for all (``patch("asyncio.sleep")``) concerns the modules that the file imports; in a
``conftest.py`` it concerns every file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from types import MappingProxyType

from transforms.rule import Kind, Primitive
from transforms.syntax.excerpt import Layout, excerpt
from transforms.syntax.one_of import one_of
from transforms.syntax.plain import last_word, tree_of

_NAMES: Mapping[Kind, frozenset[str]] = MappingProxyType(
    {
        "event": frozenset({"Event"}),
        "gather": frozenset({"gather"}),
        "limiter": frozenset({"AsyncLimiter"}),
        "semaphore": frozenset({"BoundedSemaphore", "Semaphore"}),
        "sleep": frozenset({"sleep"}),
        "to-thread": frozenset({"to_thread"}),
        "wait-for": frozenset({"wait_for"}),
    }
)
_WHOLE: Mapping[str, frozenset[Kind]] = MappingProxyType(
    {
        "aiolimiter": frozenset({"limiter"}),
        "asyncio": frozenset(_NAMES) - {"limiter"} | {"run-in-executor"},
    }
)
"""What is replaced together with a library."""
_LIBRARIES = frozenset(_WHOLE)
_PATCHED = _LIBRARIES.union(*_NAMES.values())
# Each begins with one character, so that the search stops at few places.
_NAMED_IN_TEXT = (
    *(re.compile(f"{mark}{one_of(_PATCHED)}['\"]") for mark in (r"\.", "'", '"')),
    re.compile(rf"\.{one_of(_PATCHED)}[ \t]*=(?!=)"),
)
_NAMED = tuple(re.compile(named.pattern.encode()) for named in _NAMED_IN_TEXT)
_STORED = _NAMED[-1]
_PLACE = re.compile(r"\{[^{}]*\}")
_UNKNOWN = "*"
"""What stands in a text for what is not known before it runs."""


@dataclass(frozen=True, slots=True, order=True)
class Patch:
    """A file replaces ``name`` as ``module`` sees it; no module: as all files see it."""

    module: str
    name: str
    path: str
    line: int
    code: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.code}"

    def hits(self, path: str) -> bool:
        """Whether the file at ``path`` may be that module, or is in that package."""
        if not self.module:
            return path != self.path
        parts, wanted = PurePath(path).with_suffix("").parts, tuple(self.module.split("."))
        ends = {len(parts)} if parts[-1:] != ("__init__",) else {len(parts) - 1}
        ends.add(len(parts) - 1)  # a package may have its names from its modules
        return any(parts[max(end - len(wanted), 0) : end] == wanted for end in ends)

    def concerns(self, primitive: Primitive) -> bool:
        """Whether a primitive of that module is a use of the name."""
        kind = primitive.kind
        return self.name in _NAMES.get(kind, ()) or kind in _WHOLE.get(self.name, ())


def may_patch(data: bytes) -> bool:
    """A look at a file's bytes: False only if ``patches`` finds nothing."""
    calls = b"patch" in data or b"setattr" in data
    if not calls:
        return _STORED.search(data) is not None
    return any(named.search(data) for named in _NAMED)


def patches(text: str, path: str) -> tuple[Patch, ...]:
    """What a file replaces, and for whom."""
    hits = [found.start() for named in _NAMED_IN_TEXT for found in named.finditer(text)]
    part = excerpt(Layout(text), hits)
    tree = None if part is None else tree_of(part.text)
    if tree is None:
        tree = tree_of(text)
    return () if tree is None else tuple(sorted(set(_Reader(tree, path, text).patches())))


class _Reader:
    def __init__(self, tree: ast.Module, path: str, text: str) -> None:
        self._tree = tree
        self._path = path
        self._text = text

    @cached_property
    def _lines(self) -> Sequence[str]:
        return self._text.split("\n")

    @cached_property
    def _whole(self) -> ast.Module:
        # All functions: also those that no call stands in.
        return tree_of(self._text) or self._tree

    @cached_property
    def _imports(self) -> Sequence[tuple[str, ...]]:
        return tuple(_imports(self._whole))

    @cached_property
    def _constants(self) -> Mapping[str, str]:
        """The variables that are one and the same text wherever they are bound."""
        found: dict[str, set[str]] = {}
        for node in ast.walk(self._whole):
            if isinstance(node, ast.Assign):
                text = _constant(node.value)
                for name in (each.id for each in node.targets if isinstance(each, ast.Name)):
                    found.setdefault(name, set()).add(text)
        return {name: min(texts) for name, texts in found.items() if len(texts) == 1}

    @cached_property
    def _imported(self) -> Mapping[str, str]:
        return {word: names[-1] for word, *names in self._imports}

    @cached_property
    def _sources(self) -> Set[str]:
        return {name for _, *names in self._imports for name in names} - _LIBRARIES

    def patches(self) -> Iterator[Patch]:
        for node in ast.walk(self._tree):
            for whole in self._replaced(node):
                owner, _, name = whole.rpartition(".")
                if owner and name in _PATCHED and isinstance(node, ast.stmt | ast.expr):
                    line = node.lineno
                    code = self._lines[line - 1].strip()
                    for module in self._modules(owner):
                        yield Patch(module, name, self._path, line, code)

    def _replaced(self, node: ast.AST) -> Iterator[str]:
        """``app.jobs.asyncio.sleep``, however it is said."""
        match node:
            case ast.Call(func=func, args=[first, *others]):
                if last_word(func) in {"object", "patch", "setattr"}:
                    yield self._told(first) or self._told_by_object(first, others)
            case ast.Assign(targets=targets):
                for target in targets:
                    # Of what is not imported, no file has heard.
                    if isinstance(target, ast.Attribute) and _first_word(target) in self._imported:
                        yield self._full(target.value, target.attr)

    def _told(self, node: ast.expr) -> str:
        """A text, with ``*`` for what is not known of it; empty for what is none."""
        match node:
            case ast.JoinedStr(values=values):
                return "".join(self._part(value) for value in values)
            case ast.BinOp(left=left, op=ast.Add(), right=right) if _constant(right):
                return self._part(left) + _constant(right)
            case ast.BinOp(left=left, op=ast.Mod()):
                return _constant(left).replace("%s", _UNKNOWN)
            case ast.Call(func=ast.Attribute(value=text, attr="format")):
                return _PLACE.sub(_UNKNOWN, _constant(text))
        return _constant(node)

    def _part(self, node: ast.expr) -> str:
        match node:
            case ast.FormattedValue(value=ast.Name(id=name)) | ast.Name(id=name):
                return self._constants.get(name) or _UNKNOWN
        return self._told(node) or _UNKNOWN

    def _told_by_object(self, owner: ast.expr, others: Sequence[ast.expr]) -> str:
        match others:
            case [ast.Constant(value=str(name)), *_]:
                return self._full(owner, name)
        return ""

    def _full(self, owner: ast.expr, name: str) -> str:
        word, _, rest = ast.unparse(owner).partition(".")
        return ".".join(filter(None, (self._imported.get(word, word), rest, name)))

    def _modules(self, owner: str) -> Iterator[str]:
        """Whose name it is: ``app.jobs`` for ``app.jobs.asyncio``."""
        module, _, library = owner.rpartition(".")
        whose = module if library in _LIBRARIES else owner
        if whose and _UNKNOWN not in whose:
            yield whose
        elif PurePath(self._path).name == "conftest.py":
            yield ""
        else:
            yield from sorted(self._sources)


def _constant(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
    return ""


def _first_word(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _imports(tree: ast.Module) -> Iterator[tuple[str, ...]]:
    """The file's words for what it imports, each with what it may be: a module, or from one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0], alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = (f"{node.module}.{alias.name}",) if alias.name.islower() else ()
                yield alias.asname or alias.name, node.module, *inner
