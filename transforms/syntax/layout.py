"""Lay emitted expressions out as a formatter would: on one line if it fits, else one item a line.

Emitted code is written as text and parsed: ``lines`` below a statement are relative to that
statement's own indentation, as libcst keeps them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.syntax.source import Source

INDENT = "    "


@dataclass(frozen=True, slots=True)
class Call:
    """``head(items)``; ``head`` may hold anything that ends in a callable name."""

    head: str
    items: tuple[Item, ...]
    opening: str = ""
    """A comment behind the opening bracket."""


@dataclass(frozen=True, slots=True)
class Pipe:
    """``source.pipe(stages)``."""

    source: Item
    stages: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Prefixed:
    """``prefix`` directly in front of ``item``: ``await …``, ``lambda x: …``, ``key=…``."""

    prefix: str
    item: Item


@dataclass(frozen=True, slots=True)
class Listed:
    """``[items]``, or in other brackets."""

    items: tuple[Item, ...]
    brackets: str = "[]"


@dataclass(frozen=True, slots=True)
class Comprehension:
    """``element for … in … if …``, in ``brackets`` (two characters, or none for an argument)."""

    element: Item
    clauses: tuple[Item, ...]
    brackets: str = ""


@dataclass(frozen=True, slots=True)
class Commented:
    """An item of a call or a list, with comments: it gets lines of its own."""

    item: Item
    above: tuple[str, ...] = ()
    behind: str = ""
    below: tuple[str, ...] = ()


Item = str | Call | Pipe | Prefixed | Listed | Comprehension | Commented


def holds(item: Item, part: Item) -> bool:
    """Whether ``part`` itself, not only what equals it, stands somewhere in ``item``."""
    if item is part:
        return True
    match item:
        case Call(items=items) | Listed(items=items):
            inside = items
        case Pipe(source, stages):
            inside = (source, *stages)
        case Prefixed(item=inner) | Commented(item=inner):
            inside = (inner,)
        case Comprehension(element, clauses):
            inside = (element, *clauses)
        case _:
            return False
    return any(holds(each, part) for each in inside)


def awaited(item: Item) -> Prefixed:
    """``await last_value_from(item)``."""
    return Prefixed("await ", Call("last_value_from", (item,)))


def flat(item: Item) -> str:
    """The item on one line (as far as its own pieces are)."""
    match item:
        case str():
            return item
        case Call(head, items, opening):
            inside = f"{opening}\n" if opening else ""
            return f"{head}({inside}{', '.join(flat(each) for each in items)})"
        case Pipe(source, stages):
            return f"{flat(source)}.pipe({', '.join(flat(stage) for stage in stages)})"
        case Prefixed(prefix, inner):
            return prefix + flat(inner)
        case Listed(items, brackets):
            return f"{brackets[0]}{', '.join(flat(each) for each in items)}{brackets[1]}"
        case Commented(inner, above, behind, below):
            return "\n".join((*above, flat(inner) + behind, *below, ""))
        case Comprehension(element, clauses, brackets):
            opening, closing = brackets[:1], brackets[1:]
            return opening + " ".join(map(flat, (element, *clauses))) + closing


def render(
    item: Item,
    *,
    margin: int,
    before: int,
    after: int,
    width: int,
    indent: str = INDENT,
    hang: str = "",
) -> str:
    """The item as text.

    Args:
        margin: columns by which the statement is indented.
        before: columns that the statement takes in front of the item.
        after: columns that follow on the item's last line.
        width: the line length to keep, in columns.
        indent: one step of indentation.
        hang: what each further line begins with. (Added later, it would also end up in strings
            of several lines.)

    A line that no break can shorten stays long.
    """
    return _Printer(margin, width, indent, hang).render(item, 0, margin + before, after)


@dataclass(frozen=True, slots=True)
class _Printer:
    margin: int
    width: int
    indent: str
    hang: str

    def _break(self, depth: int) -> str:
        """A line break, and the indentation of the next line."""
        return f"\n{self.hang}{self.indent * depth}"

    def _column(self, depth: int) -> int:
        return self.margin + len(self.indent * depth)

    def render(self, item: Item, depth: int, column: int, after: int) -> str:
        one_line = flat(item)
        if "\n" not in one_line and column + len(one_line) + after <= self.width:
            return one_line
        match item:
            case str():
                return item
            case Prefixed(prefix, inner):
                return prefix + self.render(inner, depth, column + len(prefix), after)
            case Call(head, items, opening):
                return head + self._broken(items, depth, opening=opening)
            case Pipe(source, stages):
                opened = self.render(source, depth, column, len(".pipe("))
                return opened + self._stages(stages, depth, opened, after)
            case Listed(items, brackets):
                return self._broken(items, depth, brackets)
            case Commented(inner):
                return self.render(inner, depth, column, after)
            case Comprehension(brackets=""):
                return self._clauses(item, depth)
            case Comprehension(element, clauses, brackets):
                content = Comprehension(element, clauses)
                text = self.render(content, depth + 1, self._column(depth + 1), 0)
                inner, outer = self._break(depth + 1), self._break(depth)
                return f"{brackets[0]}{inner}{text}{outer}{brackets[1]}"

    def _clauses(self, item: Comprehension, depth: int) -> str:
        """One clause a line."""
        column = self._column(depth)
        parts = (item.element, *item.clauses)
        return self._break(depth).join(self.render(part, depth, column, 0) for part in parts)

    def _stages(self, stages: Sequence[Item], depth: int, opened: str, after: int) -> str:
        """``.pipe(…)`` behind its source, on the line where a broken source ends if it fits."""
        flat_stages = f".pipe({', '.join(flat(stage) for stage in stages)})"
        last_line = opened.rpartition("\n")[2]
        column = self.margin + len(last_line) - len(self.hang) + len(flat_stages) + after
        if "\n" in opened and "\n" not in flat_stages and column <= self.width:
            return flat_stages
        return f".pipe{self._broken(stages, depth)}"

    def _broken(
        self, items: Sequence[Item], depth: int, brackets: str = "()", opening: str = ""
    ) -> str:
        if not items and not opening:
            return brackets
        inner, outer = self._break(depth + 1), self._break(depth)
        column = self._column(depth + 1)
        flat_items = ", ".join(flat(each) for each in items)
        if "\n" not in flat_items and column + len(flat_items) <= self.width and not opening:
            # A formatter keeps what fits there on one line, without a comma behind it.
            return f"{brackets[0]}{inner}{flat_items}{outer}{brackets[1]}"
        texts = [self.render(each, depth + 1, column, 1) for each in items]
        is_commented = any(isinstance(each, Commented) for each in items)
        comma = "," if len(items) > 1 or is_commented else ""
        commas = [","] * (len(items) - 1) + [comma]
        lines = [opening and f"  {opening}"]
        for item, text, end in zip(items, texts, commas, strict=True):
            if isinstance(item, Commented):
                lines += item.above
                end += item.behind and f"  {item.behind}"
            lines.append(text + end)
            lines += item.below if isinstance(item, Commented) else ()
        return f"{brackets[0]}{inner.join(lines)}{outer}{brackets[1]}"


@dataclass(frozen=True, slots=True)
class Layout:
    """Lays items out in the place of nodes of one file, by that file's conventions."""

    source: Source

    def replace(self, node: cst.BaseExpression, item: Item) -> cst.BaseExpression:
        """The item as an expression that takes the place of ``node``, parentheses included.

        Guarantees: comments inside ``node`` are not carried over; the caller refuses a site
        that would lose one.
        """
        parsed = expression(self.text(node, item), self.source.module)
        if isinstance(parsed, cst.GeneratorExp) and parsed.lpar:
            return parsed  # laid out together with its parentheses
        return parsed.with_changes(lpar=getattr(node, "lpar", ()), rpar=getattr(node, "rpar", ()))

    def text(self, node: cst.BaseExpression, item: Item) -> str:
        """The item as it is written in the place of ``node``, parentheses aside."""
        statement = self.source.statement(node)
        assert statement is not None
        margin = self.source.span(statement)[1]
        start_line, start, end_line, end = self.source.span(node)
        lines = self.source.lines
        # A node behind the first line of its statement hangs from an indentation of its own.
        margin_text = lines[start_line - 1][
            : len(lines[start_line - 1]) - len(lines[start_line - 1].lstrip())
        ]
        hang = max(0, len(margin_text) - margin)
        return render(
            item,
            margin=margin + hang,
            before=start - margin - hang,
            after=len(lines[end_line - 1].rstrip()) - end,
            width=self.source.line_length,
            indent=self.source.module.default_indent,
            hang=margin_text[margin:],
        )


def expression(text: str, module: cst.Module) -> cst.BaseExpression:
    """Parse emitted text as one expression, by the file's own conventions."""
    return cst.parse_expression(text, config=module.config_for_parsing)


def statement(text: str, module: cst.Module) -> cst.SimpleStatementLine | cst.BaseCompoundStatement:
    """Parse emitted text as one statement, by the file's own conventions."""
    return cst.parse_statement(text, config=module.config_for_parsing)
