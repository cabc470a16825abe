"""Plain records shared between the pipelines, the services and the command line."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LectureFile:
    """One transcript of the library, as the database knows it."""

    path: str
    course: str
    lecture: int
    title: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class LectureMetadata:
    """What the model tells us about a lecture."""

    summary: str
    topics: tuple[str, ...]
    difficulty: str
    confidence: float


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One passage that the store found."""

    path: str
    score: float
    passage: str
    title: str = ""
    course: str = ""
    topics: tuple[str, ...] = field(default_factory=tuple)
