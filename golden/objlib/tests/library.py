"""A made-up library of lecture transcripts, the same on every machine."""

from __future__ import annotations

import random
from pathlib import Path

COURSES = {
    "Algorithms": (
        ["Sorting", "Hashing", "Graphs", "Greedy Choice", "Flows", "Complexity"],
        ["recursion", "invariant", "complexity", "partition", "adjacency", "amortised"],
    ),
    "Linear Algebra": (
        ["Vectors", "Matrices", "Determinants", "Eigenvalues", "Projections", "Singular Values"],
        ["eigenvalue", "projection", "orthogonal", "subspace", "dimension", "diagonal"],
    ),
    "Mechanics": (
        ["Motion", "Forces", "Energy", "Momentum", "Rotation", "Oscillation"],
        ["velocity", "momentum", "friction", "rotation", "potential", "trajectory"],
    ),
    "Probability": (
        ["Counting", "Conditioning", "Expectation", "Variance", "Limits", "Inference"],
        ["variance", "expectation", "independence", "likelihood", "estimator", "posterior"],
    ),
}

SENTENCES = (
    "Today we look at {title} and why it matters.",
    "The first thing to understand is the {a}, and how it relates to the {b}.",
    "Suppose that somebody hands you a {a}; what would you do with it?",
    "Without the {b} none of this works, as we shall see.",
    "Compare the {a} of last week with the {b} of today.",
    "For the exercises you will need the {a} again.",
)


def names(count: int = 24) -> list[str]:
    """The paths of the first ``count`` lectures, in the order of the database."""
    return [
        f"{course}/{number:02d} - {title}.txt"
        for course, (titles, _) in COURSES.items()
        for number, title in enumerate(titles, start=1)
    ][:count]


def text_of(path: str) -> str:
    """The transcript of one lecture, as the captioning tool would leave it."""
    course, _, name = path.partition("/")
    words = COURSES[course][1]
    title = name.removesuffix(".txt").partition(" - ")[2]
    rng = random.Random(path)
    lines = [f"[00:00:00] {SENTENCES[0].format(title=title.lower())}"]
    for minute in range(1, 13):
        sentence = SENTENCES[rng.randrange(1, len(SENTENCES))]
        a, b = rng.sample(words, 2)
        lines.append(f"[00:{minute:02d}:{rng.randrange(60):02d}] {sentence.format(a=a, b=b)}")
    return "\n".join(lines) + "\n"


def write_library(root: Path, count: int = 24) -> list[str]:
    """Write ``count`` transcripts below ``root``; returns their paths."""
    paths = names(count)
    for path in paths:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text_of(path), encoding="utf-8")
    return paths
