"""Query expansion: say it in the words that the lecturers use."""

from __future__ import annotations

import re
from collections.abc import Mapping

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "ai": ("inference", "learning"),
    "chance": ("probability",),
    "maths": ("mathematics",),
    "physics": ("mechanics",),
    "speed": ("velocity",),
}


def expand_query(
    query: str, *, synonyms: Mapping[str, tuple[str, ...]] = SYNONYMS, limit: int = 12
) -> str:
    """Append the synonyms of the words in ``query``, up to ``limit`` words in all."""
    words = query.split()
    for word in re.findall(r"\w+", query.lower()):
        for synonym in synonyms.get(word, ()):
            if len(words) < limit and synonym not in words:
                words.append(synonym)
    return " ".join(words)
