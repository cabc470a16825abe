"""The import block of a rewritten file: what it now needs comes in, what it no longer uses goes."""

from __future__ import annotations

import ast
import re
import symtable
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache
from typing import TypeVar

import libcst as cst

from transforms.syntax.lazy import LazyClass, LazyFunction
from transforms.syntax.parsed import ParseError, tree_of
from transforms.syntax.places import parts
from transforms.syntax.scopes import bound, contains

#: What these packages gave to a single function can become unused by a rewrite.
MIGRATED = frozenset({"asyncio", "aiolimiter", "tenacity"})

_Import = cst.Import | cst.ImportFrom
_Statement = TypeVar("_Statement", bound=cst.BaseStatement)


@dataclass(frozen=True, slots=True)
class Needed:
    """What the emitted code names."""

    operators_module: str
    operators: frozenset[str]
    rx: bool
    ops: bool
    partial: bool = False
    module: bool = False
    """The operators module itself: ``_operators.timeout(timeout)``."""
    others: frozenset[str] = frozenset()
    """What is taken from other modules, by dotted name."""

    @property
    def origins(self) -> dict[str, str]:
        """Each needed name with the dotted origin that it must have."""
        found = {name: f"{self.operators_module}.{name}" for name in self.operators}
        if self.rx:
            found["rx"] = "reactivex"
        if self.ops:
            found["ops"] = "reactivex.operators"
        if self.partial:
            found["partial"] = "functools.partial"
        if self.module:
            found[self.module_name] = self.operators_module
        return found | {origin.rpartition(".")[2]: origin for origin in self.others}

    @property
    def module_name(self) -> str:
        """What the operators module is called where it is named itself."""
        return self.operators_module.rpartition(".")[2]

    def within(self, used: Set[str]) -> Needed:
        """Only what is used after all: a rule may take up what another one emitted."""
        return replace(
            self,
            operators=self.operators & used,
            rx=self.rx and "rx" in used,
            ops=self.ops and "ops" in used,
            partial=self.partial and "partial" in used,
            module=self.module and self.module_name in used,
            others=frozenset(each for each in self.others if each.rpartition(".")[2] in used),
        )

    def from_others(self) -> Needed:
        """Only what is taken from other modules than ours."""
        return Needed(self.operators_module, frozenset(), rx=False, ops=False, others=self.others)


# --- what names mean -----------------------------------------------------------------------


def variables(node: cst.CSTNode) -> set[str]:
    """The names that stand for variables in ``node``: no attributes, keywords or methods."""
    found: set[str] = set()
    stack: list[tuple[cst.CSTNode, bool]] = [(node, False)]
    while stack:
        current, in_class = stack.pop()
        kind = current.__class__
        if kind is cst.Name:
            found.add(current.value)  # type: ignore[attr-defined]
        elif kind not in _TOLD_APART:
            stack.extend((each, False) for each in parts(current))
        else:
            stack.extend(_with_variables(current, in_class))
    return found


_TOLD_APART = frozenset(
    {cst.Attribute, cst.Arg, cst.FunctionDef, cst.ClassDef, cst.IndentedBlock}
    | {cst.SimpleStatementSuite, LazyFunction, LazyClass}
)


def _with_variables(node: cst.CSTNode, in_class: bool) -> Iterator[tuple[cst.CSTNode, bool]]:
    """What of a node may hold variables, and whether it is the body of a class."""
    match node:
        case cst.Attribute() | cst.Arg():
            yield node.value, False
        case cst.FunctionDef():
            for each in parts(node):
                if each is not node.name or not in_class:
                    yield each, False
        case cst.ClassDef():
            for each in parts(node):
                yield each, each is node.body
        case cst.IndentedBlock() | cst.SimpleStatementSuite():
            for each in node.body:
                yield each, in_class


@dataclass(frozen=True)
class TopNames:
    """What the names of a module's own scope stand for."""

    imported: tuple[tuple[str, str], ...]
    """``(name, dotted origin)`` of the import lines."""
    others: frozenset[str]
    """What other statements name."""
    rebound: frozenset[str]
    """What other statements bind."""
    is_open: bool
    """A star import may bind any name."""
    holding: Callable[[str], Iterable[str]]
    """The texts of the module's statements that hold a word."""

    @classmethod
    def of(cls, module: cst.Module, text: str, holding: Callable[[str], Iterable[str]]) -> TopNames:
        imported: list[tuple[str, str]] = []
        others: set[str] = set()
        rebound = {word for names in _GLOBAL.findall(text) for word in _words(names)}
        stars = {name.split(".")[0] for name in _STAR.findall(text)}
        rebound.update(*(_STARRED[root] for root in stars & _STARRED.keys()))
        for statement in module.body:
            if isinstance(statement, cst.FunctionDef | cst.ClassDef):
                rebound.add(statement.name.value)
            elif _is_import_line(statement):
                imported.extend(_bindings(statement))
            else:
                others |= variables(statement)
                rebound |= bound(statement)
        is_open = not stars <= sys.stdlib_module_names
        known = frozenset(others | rebound)
        return cls(tuple(imported), known, frozenset(rebound), is_open, holding)

    def unbound(self, names: Iterable[str]) -> frozenset[str]:
        """Those of ``names`` that functions take for a global and nothing in the file binds.

        Whoever puts them there, an import of ours would come in their place.
        """
        bound_here = self.others | self.rebound | {name for name, _ in self.imported}
        return frozenset(name for name in {*names} - bound_here if self._is_read(name))

    def _is_read(self, name: str) -> bool:
        # Annotations that are not evaluated read nothing.
        future = ("annotations", "__future__.annotations") in self.imported
        first = "from __future__ import annotations\n" if future else ""
        return any(name in _globals_read(first + text) for text in self.holding(name))


_GLOBAL = re.compile(r"^[ \t]*global[ \t]([^\r\n]*)", re.MULTILINE)
_STAR = re.compile(r"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]*\*", re.MULTILINE)
_STARRED = {"asyncio": {"timeout"}, "select": {"poll"}, "socket": {"timeout"}}
"""What star imports from the standard library bind of our names."""


@lru_cache(maxsize=64)  # asked for each site of a file
def _globals_read(text: str) -> frozenset[str]:
    """The names that functions and classes look up among the module's globals."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tables = [symtable.symtable(text.replace("\ufeff", ""), "<source>", "exec")]
        except (SyntaxError, ValueError, RecursionError):
            return frozenset()  # newer syntax than the running Python's
    found: set[str] = set()
    while tables:
        table = tables.pop()
        found.update(symbol.get_name() for symbol in table.get_symbols() if symbol.is_global())
        tables += table.get_children()
    return frozenset(found)


def conflicts(
    names: TopNames,
    places: Iterable[cst.CSTNode],
    needed: Needed,
    replaced: Set[str] = frozenset(),
) -> frozenset[str]:
    """Needed names that mean something else at module level, or in one of ``places``.

    ``places`` are the functions (or top-level statements) that hold the emitted code;
    ``replaced`` are imported names whose uses all change their meaning.
    """
    origins = {name: origin for name, origin in needed.origins.items() if name not in replaced}
    ours = {name for name, origin in names.imported if origins.get(name) == origin}
    rebound = {name for name, origin in names.imported if origins.get(name) != origin}
    rebound |= names.rebound
    taken = {*names.others, *names.unbound(origins)}
    for place in places:
        named, own = _named_in(place)
        rebound |= bound(place) - own
        taken |= named
    if names.is_open:
        taken |= origins.keys()
    return frozenset(origins.keys() & (rebound | (taken - ours)))


@lru_cache(maxsize=8)  # a function may hold many sites
def _named_in(place: cst.CSTNode) -> tuple[set[str], set[str]]:
    """The variables of a place, and those of its own names that are none of them.

    The function's own name, if nothing in it is called so: its block has it, if any has.
    """
    if not isinstance(place, cst.FunctionDef):
        return variables(place), set()
    inside = (variables(part) for part in parts(place) if part is not place.name)
    named: set[str] = set().union(*inside)
    return named, {place.name.value} - named


def _is_import_line(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(small, _Import) for small in statement.body
    )


def _bindings(statement: cst.CSTNode) -> Iterator[tuple[str, str]]:
    """``(name, dotted origin)`` of each name that the import line binds."""
    for small in getattr(statement, "body", ()):
        if isinstance(small, _Import) and not isinstance(small.names, cst.ImportStar):
            for alias in small.names:
                yield _binding(small, alias)


def _binding(statement: cst.Import | cst.ImportFrom, alias: cst.ImportAlias) -> tuple[str, str]:
    prefix = f"{_module_of(statement)}." if isinstance(statement, cst.ImportFrom) else ""
    dotted = _dotted(alias.name)
    if alias.asname is not None:
        return _dotted(alias.asname.name), prefix + dotted
    first = dotted.split(".")[0]
    return first, prefix + first


def _module_of(node: cst.ImportFrom) -> str:
    return "." * len(node.relative) + (_dotted(node.module) if node.module is not None else "")


def _dotted(node: cst.CSTNode) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


# --- what goes -----------------------------------------------------------------------------


def drop_unused(
    module: cst.Module,
    names: Set[str],
    names_before: Set[str],
    replaced: Set[str] = frozenset(),
) -> cst.Module:
    """Remove the imports that a rewrite left unused.

    Args:
        module: the rewritten module, its imports as they were.
        names: what it uses now, as ``used`` gives it.
        names_before: what it used before.
        replaced: what it uses now in another meaning, for which there is no import yet.
    """
    names = names - replaced
    gone = names_before - names
    path = _way_to_imports(module, gone)
    if not path:
        return module
    remover = _Remover(path, names, gone, replaced)
    changed = module.visit(remover)
    assert isinstance(changed, cst.Module)
    if remover.orphans:
        changed = _with_comments_at_end(changed, remover.orphans)
    return changed


def _with_comments_at_end(module: cst.Module, lines: Sequence[cst.EmptyLine]) -> cst.Module:
    return module.with_changes(footer=[*lines, *module.footer])


def _way_to_imports(module: cst.Module, gone: Set[str]) -> frozenset[cst.CSTNode]:
    """The nodes in which imports stand that may go: all others need no visit."""
    found: set[cst.CSTNode] = set()
    _find_way(module, gone, found)
    return frozenset(found)


def _find_way(node: cst.CSTNode, gone: Set[str], found: set[cst.CSTNode]) -> bool:
    """Whether such an import is in ``node``; all nodes of which this holds are added to ``found``.

    No function within the other: it would hold itself, and the tree until the next collection.
    """
    if isinstance(node, _Import):
        holds = any(
            name in gone or origin.split(".")[0] in MIGRATED
            for name, origin in _bindings(cst.SimpleStatementLine([node]))
        )
    else:
        holds = True in [_find_way(part, gone, found) for part in _statement_parts(node)]
    if holds:
        found.add(node)
    return holds


def imported(node: cst.CSTNode) -> set[str]:
    """The names that import lines bind, those in functions aside."""
    if isinstance(node, _Import):
        return {name for name, _ in _bindings(cst.SimpleStatementLine([node]))}
    if isinstance(node, cst.FunctionDef):
        return set()
    return set().union(*map(imported, _statement_parts(node)))


def _statement_parts(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What is directly in ``node`` and may hold statements."""
    for name in ("body", "orelse", "handlers", "finalbody", "cases"):
        part = getattr(node, name, None)
        if isinstance(part, cst.CSTNode) and not isinstance(part, cst.BaseExpression):
            yield part
        elif isinstance(part, list | tuple):
            yield from part


def not_read(names: Set[str], texts: Iterable[str]) -> frozenset[str]:
    """Those of ``names`` that stand in the texts only for variables of functions.

    An import of that name was not used before, and stays.
    """
    if not names:
        return frozenset()
    read = frozenset().union(*(_globals_read(text) for text in texts))
    return frozenset(names - read)


_NAMED_BY_TEXT = frozenset(
    {"cast", "TypeVar", "NewType", "ParamSpec", "NamedTuple", "TypedDict"} | {"eval", "exec"}
)
_GENERIC = frozenset({"dict", "list", "tuple", "set", "frozenset", "type", "deque", "defaultdict"})
_TYPE_COMMENT = re.compile(r"#\s*type:(.*)")
_EXAMPLE = re.compile(r"^[ \t]*(?:>>>|\.\.\.)[ \t]+(.*)", re.MULTILINE)
_IMPORTING = re.compile(r"(?:import|from)[ \t].*")


@lru_cache(maxsize=256)  # most statements of a file stay as they are
def used(text: str) -> frozenset[str]:
    """The names that a text uses outside imports, those in types written as text included.

    Those in the examples of docstrings as well: doctest runs them among the module's names.

    On the standard library's tree: on libcst's, this took a quarter of a rewrite.
    """
    found = {word for comment in _TYPE_COMMENT.findall(text) for word in _words(comment)}
    try:
        tree = tree_of(textwrap.dedent(text))
    except ParseError:
        return frozenset(_words(text))  # more than are used: no import goes that may be needed
    typed = _TYPED | {ast.Constant} if ">>>" in text else _TYPED
    for each in ast.walk(tree):
        kind = each.__class__
        if kind is ast.Name:
            found.add(each.id)  # type: ignore[attr-defined]
        elif kind in typed:
            found.update(_words_of_types(each))
    return frozenset(found)


_TYPED = frozenset(
    {ast.arg, ast.AnnAssign, ast.FunctionDef, ast.AsyncFunctionDef, ast.Call}
    | {ast.Assign, ast.AugAssign, ast.Subscript}
)


def _words_of_types(node: ast.AST) -> Iterator[str]:
    """Words in the strings of annotations, of ``typing.cast`` and the like, and of ``__all__``."""
    match node:
        case ast.arg(annotation=ast.expr() as typed):
            yield from _strings(typed)
        case ast.AnnAssign(target=target, annotation=typed, value=value):
            yield from _strings(typed)
            if value is not None and (_is_all(target) or _last_word(typed) == "TypeAlias"):
                yield from _strings(value)
        case ast.FunctionDef(returns=ast.expr() as typed):
            yield from _strings(typed)
        case ast.AsyncFunctionDef(returns=ast.expr() as typed):
            yield from _strings(typed)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _NAMED_BY_TEXT:
            yield from _strings(node)
        case ast.Call(func=ast.Attribute(value=owner)) if _is_all(owner):
            yield from _strings(node)
        case ast.Assign(targets=targets, value=value) if any(map(_is_all, targets)):
            yield from _strings(value)
        case ast.AugAssign(target=target, value=value) if _is_all(target):
            yield from _strings(value)
        case ast.Subscript(value=owner, slice=inside) if _takes_types(owner):
            yield from _strings(inside)
        case ast.Constant(value=str(text)) if ">>>" in text:
            yield from _words_of_examples(text)


def _is_all(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "__all__"


def _last_word(node: ast.expr) -> str:
    match node:
        case ast.Name(id=word) | ast.Attribute(attr=word):
            return word
    return ""


def _takes_types(node: ast.expr) -> bool:
    """Whether types stand in the brackets behind it: it is called as classes are."""
    word = _last_word(node)
    return word in _GENERIC or (word[:1].isupper() and not word.isupper())


def _words_of_examples(text: str) -> Iterator[str]:
    """What a docstring's examples name and do not import themselves."""
    lines = _EXAMPLE.findall(text)
    own = {word for line in lines if _IMPORTING.match(line) for word in _words(line)}
    for line in lines:
        yield from (word for word in _words(line) if word not in own)


def _strings(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield from _words(each.value)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


class _Remover(cst.CSTTransformer):
    """Takes out unused imports; their comments move to what follows."""

    def __init__(
        self,
        path: frozenset[cst.CSTNode],
        names: Set[str],
        gone: Set[str],
        replaced: Set[str],
    ) -> None:
        super().__init__()
        self._path = path
        self._gone = gone
        self._replaced = replaced
        self._used = [names]
        self._of_classes: set[cst.BaseSuite] = set()
        self.orphans: list[cst.EmptyLine] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if node in self._path and isinstance(node, cst.FunctionDef):
            self._used.append(used(cst.Module([]).code_for_node(node)) - self._replaced)
        if isinstance(node, cst.ClassDef):
            self._of_classes.add(node.body)
        return node in self._path

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        if original_node in self._path:
            self._used.pop()
        return updated_node

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:
        body, self.orphans = self._pruned(updated_node.body)
        if body and self.orphans:
            self.orphans = []
        header = updated_node.header
        if not header or header[-1].comment is None:
            body = _opened(body, updated_node.body)
        return updated_node.with_changes(body=body)

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        if original_node in self._of_classes:
            return updated_node  # what a class imports is an attribute of it
        body, orphans = self._pruned(updated_node.body)
        if not body:
            return updated_node  # the block would be empty: an unused import is the lesser evil
        body = _opened(body, updated_node.body)
        return updated_node.with_changes(body=body, footer=[*orphans, *updated_node.footer])

    def _pruned(
        self, body: Sequence[cst.BaseStatement]
    ) -> tuple[list[cst.BaseStatement], list[cst.EmptyLine]]:
        kept: list[cst.BaseStatement] = []
        waiting: list[cst.EmptyLine] = []
        for statement in body:
            result = self._prune(statement)
            if result is None:
                waiting.extend(_comments_of(statement))
                continue
            if waiting:
                result = _with_comments_before(result, waiting)
                waiting = []
            kept.append(result)
        return kept, waiting

    def _prune(self, statement: cst.BaseStatement) -> cst.BaseStatement | None:
        if not isinstance(statement, cst.SimpleStatementLine):
            return statement
        if _is_told_apart(statement) and self._replaced.isdisjoint(_names_bound(statement)):
            return statement
        small = [self._prune_small(each) for each in statement.body]
        kept = [each for each in small if each is not None]
        if not kept:
            return None
        if len(kept) == len(small) and all(
            a is b for a, b in zip(kept, statement.body, strict=True)
        ):
            return statement
        kept[-1] = kept[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
        return statement.with_changes(body=kept)

    def _prune_small(self, small: cst.BaseSmallStatement) -> cst.BaseSmallStatement | None:
        if not isinstance(small, _Import) or isinstance(small.names, cst.ImportStar):
            return small
        kept: list[cst.ImportAlias] = []
        for alias in small.names:
            if not self._goes(small, alias):
                kept.append(alias)
            elif kept and _ends_line(alias) and not _ends_line(kept[-1]):
                kept[-1] = kept[-1].with_changes(comma=alias.comma)
        if len(kept) == len(small.names):
            return small
        if not kept:
            return None
        if len(kept) == 1 and isinstance(small, cst.ImportFrom) and not _has_comments(small):
            alone = kept[0].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            return small.with_changes(names=[alone], lpar=None, rpar=None)
        if kept[-1] is not small.names[-1]:
            kept[-1] = kept[-1].with_changes(comma=_last_comma(small))
        return small.with_changes(names=kept)

    def _goes(self, statement: cst.Import | cst.ImportFrom, alias: cst.ImportAlias) -> bool:
        name, origin = _binding(statement, alias)
        if alias.asname is not None and name == _dotted(alias.name):
            return False  # `import x as x` says that it is meant for others
        if len(self._used) == 1:
            return name in self._gone
        # In a function, by what that function uses; what others left unused is not ours.
        return name not in self._used[-1] and origin.split(".")[0] in MIGRATED


def _ends_line(alias: cst.ImportAlias) -> bool:
    """Whether the next name stands on another line."""
    comma = alias.comma
    return isinstance(comma, cst.Comma) and isinstance(
        comma.whitespace_after, cst.ParenthesizedWhitespace
    )


def _has_comments(node: cst.CSTNode) -> bool:
    return "#" in cst.Module([]).code_for_node(node)


def _names_bound(statement: cst.SimpleStatementLine) -> set[str]:
    return {name for name, _ in _bindings(statement)} if _is_import_line(statement) else set()


def _last_comma(statement: cst.Import | cst.ImportFrom) -> cst.Comma | cst.MaybeSentinel:
    assert not isinstance(statement.names, cst.ImportStar)
    last = statement.names[-1].comma
    if isinstance(statement, cst.ImportFrom) and statement.lpar is not None:
        return last
    return cst.MaybeSentinel.DEFAULT


_DIRECTIVE = re.compile(
    r"#\s*(?:type|mypy|pyright|pylint|isort|ruff|fmt|yapf|pragma|nosec)\b:?|.*\bnoqa\b",
    re.IGNORECASE,
)


def _is_told_apart(statement: cst.SimpleStatementLine) -> bool:
    """Whether a comment tells a tool what to make of the line: by itself it would mean more.

    Above all code, ``# type: ignore`` is for the whole file.
    """
    comment = statement.trailing_whitespace.comment
    return comment is not None and _DIRECTIVE.match(comment.value) is not None


def _opened(
    body: list[cst.BaseStatement], before: Sequence[cst.BaseStatement]
) -> list[cst.BaseStatement]:
    """Without the blank lines below a removed first line: they would open the block."""
    if not body or len(body) == len(before) or body[0] is before[0]:
        return body
    lines = list(getattr(body[0], "leading_lines", ()))
    gap = 0 if getattr(before[0], "leading_lines", ()) else _blanks(lines)
    return [body[0].with_changes(leading_lines=lines[gap:]), *body[1:]]


def _comments_of(statement: cst.BaseStatement) -> list[cst.EmptyLine]:
    """The blank lines and comments above a removed line, and the comment behind it."""
    assert isinstance(statement, cst.SimpleStatementLine)
    lines = list(statement.leading_lines)
    if statement.trailing_whitespace.comment is not None:
        lines.append(cst.EmptyLine(comment=statement.trailing_whitespace.comment))
    return lines


def _with_comments_before(
    statement: cst.BaseStatement, lines: Sequence[cst.EmptyLine]
) -> cst.BaseStatement:
    """The statement below what stood above removed lines; of two gaps the wider one stays."""
    own = list(getattr(statement, "leading_lines", ()))
    if any(line.comment for line in lines):
        return statement.with_changes(leading_lines=[*lines, *own])
    return _with_gap(statement, _blanks(lines))


def _blanks(lines: Sequence[cst.EmptyLine]) -> int:
    count = 0
    for line in lines:
        if line.comment is not None:
            break
        count += 1
    return count


# --- what comes ----------------------------------------------------------------------------


class _Section(IntEnum):
    FUTURE = 0
    STDLIB = 1
    THIRD_PARTY = 2
    FIRST_PARTY = 3
    RELATIVE = 4


@dataclass(frozen=True, slots=True, order=True)
class _Key:
    """Where an import line stands among others, as isort and ruff order them."""

    section: _Section
    is_from: bool
    module: str


def add_needed(module: cst.Module, needed: Needed, line_length: int) -> cst.Module:
    """Import what is needed and not there yet, each line where a sorted block would have it."""
    present = {
        (name, origin)
        for statement in module.body
        if _is_import_line(statement)
        for name, origin in _bindings(statement)
    }
    missing = {
        name: origin for name, origin in needed.origins.items() if (name, origin) not in present
    }
    own_root = needed.operators_module.split(".")[0]
    if missing.pop("rx", None):
        module = _insert(module, "import reactivex as rx", own_root)
    if missing.pop("ops", None):
        module = _insert(module, "from reactivex import operators as ops", own_root)
    if needed.module and needed.module_name in missing:
        del missing[needed.module_name]
        package, _, name = needed.operators_module.rpartition(".")
        if package:
            module = _add_names(module, package, [name], line_length, own_root)
        else:
            module = _insert(module, f"import {name}", own_root)
    by_module: dict[str, list[str]] = {}
    for name, origin in missing.items():
        by_module.setdefault(origin.rpartition(".")[0], []).append(name)
    for source, names in by_module.items():
        module = _add_names(module, source, names, line_length, own_root)
    return module


def _add_names(
    module: cst.Module, source: str, names: Iterable[str], line_length: int, own_root: str
) -> cst.Module:
    for statement in module.body:
        if _imports_plainly_from(statement, source):
            present = {name for name, _ in _bindings(statement)}
            text = _from_import(module, source, sorted({*names, *present}), line_length)
            merged = cst.parse_statement(text, config=module.config_for_parsing)
            assert isinstance(merged, cst.SimpleStatementLine)
            assert isinstance(statement, cst.SimpleStatementLine)
            line = statement.with_changes(body=merged.body)
            body = [line if each is statement else each for each in module.body]
            return module.with_changes(body=body)
    return _insert(module, _from_import(module, source, sorted(names), line_length), own_root)


def _from_import(module: cst.Module, source: str, names: Sequence[str], line_length: int) -> str:
    """The import line, indented as the module is."""
    line = from_import(source, names, line_length)
    return line.replace("\n    ", f"\n{module.default_indent}")


def _imports_plainly_from(statement: cst.BaseStatement, source: str) -> bool:
    """Whether the line imports from ``source``, without aliases or comments inside."""
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return False
    small = statement.body[0]
    return (
        isinstance(small, cst.ImportFrom)
        and _module_of(small) == source
        and not isinstance(small.names, cst.ImportStar)
        and all(alias.asname is None for alias in small.names)
        and "#" not in cst.Module([]).code_for_node(small)
    )


def from_import(module: str, names: Sequence[str], line_length: int) -> str:
    """``from module import names`` as isort and ruff lay it out."""
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= line_length:
        return line
    body = "".join(f"    {name},\n" for name in names)
    return f"from {module} import (\n{body})"


def _insert(module: cst.Module, text: str, own_root: str) -> cst.Module:
    """Put an import line where a sorted block has it, with the gaps between its sections."""
    new = cst.parse_statement(text, config=module.config_for_parsing)
    assert isinstance(new, cst.SimpleStatementLine)
    key = _key(new, own_root)
    start = _start(module, {name for name, _ in _bindings(new)})
    block = list(_import_block(module, own_root, start))
    same = [(index, other) for index, other in block if other.section == key.section]
    lower = [index for index, other in block if other.section < key.section]
    body: list[cst.BaseStatement] = list(module.body)
    if before := [index for index, other in same if other < key]:
        at = max(before) + 1
    elif same:
        at = same[0][0]
        new, body[at] = _swap_gaps(new, body[at])
    else:
        at = max(lower) + 1 if lower else start
        _open_section(body, at, is_import=any(index == at for index, _ in block))
        new = _with_gap(new, 1 if at else 0)
    body.insert(at, new)
    return module.with_changes(body=body)


def _open_section(body: list[cst.BaseStatement], at: int, *, is_import: bool) -> None:
    """See to the gap below a new section that goes in at ``at``."""
    if at < len(body):
        is_definition = isinstance(body[at], cst.FunctionDef | cst.ClassDef)
        body[at] = _with_gap(body[at], 2 if is_definition and not is_import else 1)


def _swap_gaps(
    new: cst.SimpleStatementLine, follower: cst.BaseStatement
) -> tuple[cst.SimpleStatementLine, cst.BaseStatement]:
    """The new line takes over the blank lines above the line that it goes in front of."""
    lines = list(getattr(follower, "leading_lines", ()))
    blanks = _blanks(lines)
    return (
        new.with_changes(leading_lines=lines[:blanks]),
        follower.with_changes(leading_lines=lines[blanks:]),
    )


def _key(statement: cst.SimpleStatementLine, own_root: str) -> _Key:
    small = statement.body[0]
    if isinstance(small, cst.ImportFrom):
        name = _module_of(small)
        return _Key(_section(name, own_root), True, name.lower())
    assert isinstance(small, cst.Import)
    name = _dotted(small.names[0].name)
    return _Key(_section(name, own_root), False, name.lower())


def _section(module: str, own_root: str) -> _Section:
    root = module.split(".")[0]
    if module.startswith("."):
        return _Section.RELATIVE
    if root == "__future__":
        return _Section.FUTURE
    if root == own_root:
        return _Section.FIRST_PARTY
    return _Section.STDLIB if root in sys.stdlib_module_names else _Section.THIRD_PARTY


def _import_block(module: cst.Module, own_root: str, start: int) -> Iterator[tuple[int, _Key]]:
    """Index and key of the import lines from ``start`` on, before the first other statement."""
    for index, statement in enumerate(module.body[start:], start):
        if not isinstance(statement, cst.SimpleStatementLine) or not _is_import_line(statement):
            return
        yield index, _key(statement, own_root)


def _start(module: cst.Module, names: Set[str]) -> int:
    """The index behind the module's docstring, and behind what imports have to wait for.

    Args:
        names: what is to be imported, and so may not be used above.
    """
    found = 1 if module.body and module.get_docstring() is not None else 0
    prepared: int | None = None
    for index, statement in enumerate(module.body[found:], found):
        if isinstance(statement, cst.FunctionDef | cst.ClassDef):
            break
        if _is_import_line(statement):
            found, prepared = prepared if prepared is not None else found, None
        elif not names.isdisjoint(variables(statement)):
            break
        elif _comes_first(statement):
            found, prepared = index + 1, None
        elif _prepares(statement):
            prepared = index + 1
    return found


def _prepares(statement: cst.CSTNode) -> bool:
    """Whether it calls something: the imports below may depend on it."""
    return contains(statement, cst.Call)


def _comes_first(statement: cst.CSTNode) -> bool:
    """Whether it is there for all that is imported below, also if nothing is."""
    return _FIRST.search(cst.Module([]).code_for_node(statement)) is not None


_FIRST = re.compile(r"\bsys\.path\b|\baddsitedir\(|\bmonkey\b|\bpatch_all\(")


def _with_gap(statement: _Statement, blanks: int) -> _Statement:
    """The statement with at least ``blanks`` blank lines above it."""
    lines = list(getattr(statement, "leading_lines", ()))
    missing = blanks - _blanks(lines)
    if missing <= 0:
        return statement
    gap = [cst.EmptyLine(indent=False) for _ in range(missing)]
    return statement.with_changes(leading_lines=[*gap, *lines])
