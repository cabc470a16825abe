"""Comments, and those among them that tell the tool to leave something alone.

``# codemods: skip`` on a line suppresses the primitives on it; ``# codemods: skip-file``
anywhere suppresses those of the whole file.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from transforms.rule import Primitive

_DIRECTIVE = re.compile(r"#\s*codemods:\s*(skip-file|skip)(?![\w-])")


@dataclass(frozen=True, slots=True)
class Suppression:
    """What a file's comments suppress."""

    whole_file: bool
    lines: frozenset[int]

    def covers(self, primitive: Primitive) -> bool:
        """Whether the primitive is to be left alone: any line of its expression counts."""
        return self.whole_file or not self.lines.isdisjoint(
            range(primitive.line, primitive.end_line + 1)
        )


def suppression(text: str) -> Suppression:
    """Read the directives of a file."""
    if "codemods" not in text:
        return Suppression(False, frozenset())
    found = [
        (line, match.group(1))
        for line, comment in _comments(text)
        if (match := _DIRECTIVE.search(comment))
    ]
    return Suppression(
        any(word == "skip-file" for _, word in found),
        frozenset(line for line, word in found if word == "skip"),
    )


def comments(text: str) -> list[str]:
    """The comments of a file, in order."""
    return [comment for _, comment in _comments(text)]


def _comments(text: str) -> Iterator[tuple[int, str]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string.rstrip()
    except (tokenize.TokenError, SyntaxError):
        return  # newer syntax than the running Python tokenizes: what was read so far counts
