"""Tables, for a terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

Row = Sequence[str]


def columns(head: Row, rows: Sequence[Row]) -> list[str]:
    """Columns as wide as their widest cell; the last one is left open."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    rule = ["-" * width for width in widths]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, rule, *rows)
    ]


def markdown(head: Row, rows: Sequence[Row]) -> list[str]:
    """A Markdown table."""
    return [_line(row) for row in (head, ["---"] * len(head), *map(_escaped, rows))]


def code(text: str) -> str:
    """Inline code, whatever the text holds."""
    if not text:
        return ""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _line(row: Row) -> str:
    return f"| {' | '.join(row)} |"


def _escaped(row: Row) -> list[str]:
    return [cell.replace("|", "\\|").replace("\n", " ") for cell in row]
