"""From the model's answer to ``LectureMetadata``, without trusting it."""

from __future__ import annotations

import json
import re
from typing import Any

from objlib.errors import ExtractionParseError
from objlib.models import LectureMetadata

DIFFICULTIES = ("introductory", "intermediate", "advanced")

_FENCE = re.compile(r"^```(?:json)?\s*(?P<body>.*?)\s*```$", re.DOTALL)


def parse_metadata(answer: str) -> LectureMetadata:
    """Read the JSON object in ``answer``, fenced or not.

    Raises:
        ExtractionParseError: it is no JSON object, or a field is missing or of the wrong kind.
    """
    text = answer.strip()
    fenced = _FENCE.match(text)
    if fenced:
        text = fenced.group("body")
    try:
        data = json.loads(text)
    except json.JSONDecodeError as exc:
        raise ExtractionParseError(f"answer is not JSON: {exc.msg}") from exc
    if not isinstance(data, dict):
        raise ExtractionParseError(f"answer is a {type(data).__name__}, not an object")
    return LectureMetadata(
        summary=_text(data, "summary"),
        topics=_topics(data),
        difficulty=_difficulty(data),
        confidence=_confidence(data),
    )


def _text(data: dict[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ExtractionParseError(f"{key} is missing or empty")
    return " ".join(value.split())


def _topics(data: dict[str, Any]) -> tuple[str, ...]:
    value = data.get("topics")
    if not isinstance(value, list):
        raise ExtractionParseError("topics is not a list")
    topics = (str(topic).strip().lower() for topic in value)
    return tuple(dict.fromkeys(topic for topic in topics if topic))


def _difficulty(data: dict[str, Any]) -> str:
    value = _text(data, "difficulty").lower()
    if value not in DIFFICULTIES:
        raise ExtractionParseError(f"unknown difficulty: {value}")
    return value


def _confidence(data: dict[str, Any]) -> float:
    value = data.get("confidence")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ExtractionParseError("confidence is not a number")
    return min(max(float(value), 0.0), 1.0)
