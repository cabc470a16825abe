"""One file as the rules see it: its tree, its primitives, and where everything stands."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar, cast

import libcst as cst

from transforms.rule import Primitive
from transforms.syntax.elsewhere import Elsewhere
from transforms.syntax.parsed import Span
from transforms.syntax.places import PRIMITIVE_NODES, Places

_Answer = TypeVar("_Answer")
_Node = TypeVar("_Node", bound=cst.CSTNode)


@dataclass(frozen=True, eq=False, kw_only=True)
class Source:
    """A parsed file. Built once, read by all rules; nothing of it changes.

    ``free`` are the primitives that no earlier rule owns and nobody suppressed: a rule sees
    the others as ordinary calls. ``origins`` gives the dotted origin of names by their span.
    ``elsewhere`` is what other files do with what they share with this one; None: the file is
    all that there is. ``adapted`` are the codes of the rules that may change the behaviour which
    they name.
    """

    path: str
    module: cst.Module
    primitives: tuple[Primitive, ...]
    origins: Mapping[Span, str]
    line_length: int = 88
    operators_module: str = "_operators"
    free: Set[Primitive] = field(default_factory=frozenset)
    shared: Places | None = None
    elsewhere: Elsewhere | None = None
    adapted: Set[str] = frozenset()

    @cached_property
    def _places(self) -> Places:
        return self.shared or Places(self.module, self.module.code)

    def offering(self, free: Set[Primitive]) -> Source:
        """The same file with another set of free primitives."""
        return Source(
            path=self.path,
            module=self.module,
            primitives=self.primitives,
            origins=self.origins,
            line_length=self.line_length,
            operators_module=self.operators_module,
            free=free,
            shared=self._places,
            elsewhere=self.elsewhere,
            adapted=self.adapted,
        )

    @property
    def text(self) -> str:
        """The source text."""
        return self._places.text

    @property
    def lines(self) -> Sequence[str]:
        """The lines of the file, without their ends."""
        return self._places.lines

    def walk(self, passing_over: Callable[[Set[str]], bool]) -> Iterator[cst.CSTNode]:
        """The nodes of the module, in source order, less statements that are of no interest.

        Args:
            passing_over: says of a statement, by the words in it, that it holds nothing of what
                is looked for: ``{name}.isdisjoint``. Its comments are of the one above it.
        """
        return self._places.walk(passing_over)

    def holding(self, word: str) -> Iterator[str]:
        """The texts of the module's statements in which the word stands."""
        return self._places.holding(word)

    def once(self, question: Hashable, answer: Callable[[], _Answer]) -> _Answer:
        """What ``answer`` gives, for all who ask the same question about this file."""
        answers = self._places.answers
        if question not in answers:
            answers[question] = answer()
        return cast(_Answer, answers[question])

    # primitives

    def node_of(self, primitive: Primitive) -> cst.CSTNode | None:
        """The node at the primitive's span."""
        span = (primitive.line, primitive.column, primitive.end_line, primitive.end_column)
        candidates = self._places.at(span)
        loops = [node for node in candidates if isinstance(node, cst.While | cst.For)]
        calls = [node for node in candidates if isinstance(node, cst.Call)]
        for node in (*loops, *calls, *candidates):
            if isinstance(node, PRIMITIVE_NODES):
                return node
        return None

    def primitive_at(self, node: cst.CSTNode | None) -> Primitive | None:
        """The free primitive that is exactly this node, if there is one."""
        return self._free_by_node.get(node) if node is not None else None

    @cached_property
    def _free_by_node(self) -> dict[cst.CSTNode, Primitive]:
        found: dict[cst.CSTNode, Primitive] = {}
        for primitive in sorted(self.free):
            node = self.node_of(primitive)
            if node is not None:
                found[node] = primitive
        return found

    def free_of_kind(self, *kinds: str) -> Iterator[tuple[Primitive, cst.CSTNode]]:
        """Free primitives of these kinds with their nodes, in source order."""
        for node, primitive in self._free_by_node.items():
            if primitive.kind in kinds:
                yield primitive, node

    # names

    def origin(self, node: cst.CSTNode) -> str | None:
        """The dotted origin of a name: ``asyncio.create_task`` for ``aio.create_task``.

        None for what is local, shadowed or unknown.
        """
        return self.origins.get(self.span(node))

    def is_operator(self, node: cst.CSTNode, name: str) -> bool:
        """Whether ``node`` names this one of the vendored operators."""
        return self.origin(node) == f"{self.operators_module}.{name}"

    def called(self, node: cst.CSTNode) -> str | None:
        """The origin of what ``node`` calls, if it is a call."""
        return self.origin(node.func) if isinstance(node, cst.Call) else None

    def lines_of(self, name: str) -> Sequence[int]:
        """The lines on which an imported name is used as such, in ascending order."""
        return [
            line
            for line, column, end_line, end_column in sorted(self.origins)
            if end_line == line and self.lines[line - 1][column:end_column] == name
        ]

    # places

    def span(self, node: cst.CSTNode) -> Span:
        """Start line and column, end line and column, as in ``Primitive``."""
        return self._places.span(node)

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        return self._places.parent(node)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around ``node``, innermost first."""
        current = self.parent(node)
        while current is not None:
            yield current
            current = self.parent(current)

    def enclosing(self, node: cst.CSTNode, *kinds: type[_Node]) -> _Node | None:
        """The nearest node around ``node`` that is of one of these kinds."""
        for ancestor in self.ancestors(node):
            if isinstance(ancestor, kinds):
                return ancestor
        return None

    def function(self, node: cst.CSTNode) -> cst.FunctionDef | cst.Lambda | None:
        """The function whose body, when it runs, runs ``node``."""
        return self.enclosing(node, cst.FunctionDef, cst.Lambda)  # type: ignore[return-value]

    def statement(
        self, node: cst.CSTNode
    ) -> cst.SimpleStatementLine | cst.BaseCompoundStatement | None:
        """The nearest statement around ``node`` that stands in a block of its own right."""
        current: cst.CSTNode | None = node
        while current is not None:
            if isinstance(current, cst.SimpleStatementLine | cst.BaseCompoundStatement):
                return current
            current = self.parent(current)
        return None

    def block(self, statement: cst.CSTNode) -> tuple[cst.CSTNode, ...]:
        """The statements of the block that ``statement`` stands in, itself included."""
        parent = self.parent(statement)
        body = getattr(parent, "body", ())
        return tuple(body) if isinstance(body, list | tuple) else ()

    def code(self, node: cst.CSTNode) -> str:
        """The node's source text, indented from its own statement on."""
        return self.module.code_for_node(node)
