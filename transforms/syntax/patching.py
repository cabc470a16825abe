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
_PATCHED = frozenset().union(*_NAMES.values())
# Each begins with one character, so that the search stops at few places.
_NAMED_IN_TEXT = tuple(re.compile(f"{mark}{one_of(_PATCHED)}['\"]") for mark in (r"\.", "'", '"'))
_NAMED = tuple(re.compile(named.pattern.encode()) for named in _NAMED_IN_TEXT)
_LIBRARIES = frozenset({"aiolimiter", "asyncio"})


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
        return self.name in _NAMES.get(primitive.kind, ())


def may_patch(data: bytes) -> bool:
    """A look at a file's bytes: False only if ``patches`` finds nothing."""
    calls = b"patch" in data or b"setattr" in data
    return calls and any(named.search(data) for named in _NAMED)


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
    def _imports(self) -> Sequence[tuple[str, ...]]:
        # Of all functions: also of those that no call stands in.
        tree = tree_of(self._text)
        return () if tree is None else tuple(_imports(tree))

    @cached_property
    def _imported(self) -> Mapping[str, str]:
        return {word: names[-1] for word, *names in self._imports}

    @cached_property
    def _sources(self) -> Set[str]:
        return {name for _, *names in self._imports for name in names} - _LIBRARIES

    def patches(self) -> Iterator[Patch]:
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Call) and last_word(node.func) in {
                "object",
                "patch",
                "setattr",
            }:
                whole = self._replaced(node)
                name = whole.rpartition(".")[2]
                if name in _PATCHED:
                    line = node.lineno
                    code = self._lines[line - 1].strip()
                    for module in self._modules(whole.rpartition(".")[0]):
                        yield Patch(module, name, self._path, line, code)

    def _replaced(self, call: ast.Call) -> str:
        """``app.jobs.asyncio.sleep``, however it is said; empty for what is none of that."""
        match call.args:
            case [ast.Constant(value=str(name)), *_]:
                return name
            case [owner, ast.Constant(value=str(name)), *_]:
                word, _, rest = ast.unparse(owner).partition(".")
                full = self._imported.get(word, word)
                return ".".join(filter(None, (full, rest, name)))
        return ""

    def _modules(self, owner: str) -> Iterator[str]:
        """Whose name it is: ``app.jobs`` for ``app.jobs.asyncio``."""
        module, _, library = owner.rpartition(".")
        if library not in _LIBRARIES:
            yield from filter(None, (owner,))
        elif module:
            yield module
        elif PurePath(self._path).name == "conftest.py":
            yield ""
        else:
            yield from sorted(self._sources)


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
