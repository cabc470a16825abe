"""Prompts, and the strategies they follow."""

from __future__ import annotations

from dataclasses import dataclass

from objlib.models import LectureFile

#: Longest transcript that still fits the model's window, in characters.
MAX_TRANSCRIPT_CHARS = 24_000

_INSTRUCTIONS = {
    "outline": "List the lecture's sections first, then derive the metadata from them.",
    "keywords": "Collect the technical terms first, then derive the metadata from them.",
    "summary": "Summarise the lecture in two sentences, then derive the metadata from them.",
}

STRATEGIES: tuple[str, ...] = tuple(sorted(_INSTRUCTIONS))
DEFAULT_STRATEGY = "outline"

_TEMPLATE = """\
You are cataloguing a lecture.
Strategy: {strategy}. {instructions}
Answer with one JSON object: summary (string), topics (list of strings),
difficulty (introductory, intermediate or advanced), confidence (0 to 1).
{hints}
Course: {course}
Lecture: {lecture}
Title: {title}
Transcript:
{transcript}
"""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt and the file that it is about."""

    file: LectureFile
    strategy: str
    text: str


def build_prompt(
    file: LectureFile,
    transcript: str,
    *,
    strategy: str = DEFAULT_STRATEGY,
    known_topics: tuple[str, ...] = (),
) -> Prompt:
    """Fill the template for ``file``; ``known_topics`` steer the model's vocabulary."""
    hints = (
        f"Prefer these topics where they fit: {', '.join(known_topics)}." if known_topics else ""
    )
    text = _TEMPLATE.format(
        strategy=strategy,
        instructions=_INSTRUCTIONS[strategy],
        hints=hints,
        course=file.course,
        lecture=file.lecture,
        title=file.title,
        transcript=transcript[:MAX_TRANSCRIPT_CHARS],
    )
    return Prompt(file=file, strategy=strategy, text=text)
