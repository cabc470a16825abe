"""Delta debugging: which of many changes break something. Pure.

Source: Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input (2002), ddmin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")


def smallest(items: Sequence[T], fails: Callable[[tuple[T, ...]], bool]) -> tuple[T, ...]:
    """A smallest part of ``items`` that still fails: without any one of it, it does not.

    ``fails`` must be true of all items and false of none; whatever it raises comes out. One
    culprit among n items takes about 2 log2(n) calls.
    """
    rest = tuple(items)
    parts = 2
    while len(rest) > 1:
        chunks = _split(rest, min(parts, len(rest)))
        failing = next((chunk for chunk in chunks if fails(chunk)), None)
        if failing is not None:
            rest, parts = failing, 2
            continue
        others = _complements(rest, chunks) if len(chunks) > 2 else ()
        failing = next((other for other in others if fails(other)), None)
        if failing is not None:
            rest, parts = failing, max(len(chunks) - 1, 2)
        elif len(chunks) == len(rest):
            break
        else:
            parts = 2 * len(chunks)
    return rest


def _split(items: tuple[T, ...], parts: int) -> list[tuple[T, ...]]:
    ends = [round(len(items) * part / parts) for part in range(parts + 1)]
    return [items[start:end] for start, end in pairwise(ends)]


def _complements(items: tuple[T, ...], chunks: Sequence[tuple[T, ...]]) -> list[tuple[T, ...]]:
    return [tuple(item for item in items if item not in chunk) for chunk in chunks]
