"""Reading transcripts from disk.

A transcript is a text file ``<course>/<number> - <title>.txt``. Most come from a captioning tool
and carry ``[hh:mm:ss]`` marks, which are of no use to anybody downstream.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from objlib.models import LectureFile

logger = logging.getLogger(__name__)

_NAME = re.compile(r"^(?P<lecture>\d+)\s*-\s*(?P<title>.+)$")
_MARK = re.compile(r"\[\d{1,2}:\d{2}(?::\d{2})?\]\s*")


@dataclass(frozen=True, slots=True)
class Transcript:
    """A file of the library and its text, marks removed."""

    file: LectureFile
    text: str

    @property
    def words(self) -> int:
        return len(self.text.split())


def read_library(root: Path) -> Iterator[Transcript]:
    """Yield every transcript below ``root``, by path; skip what is not named like one."""
    for path in sorted(root.rglob("*.txt")):
        match = _NAME.match(path.stem)
        if match is None or path.parent == root:
            logger.warning("skipped %s: not <course>/<number> - <title>.txt", path.name)
            continue
        raw = path.read_bytes()
        yield Transcript(
            file=LectureFile(
                path=path.relative_to(root).as_posix(),
                course=path.parent.name,
                lecture=int(match["lecture"]),
                title=match["title"].strip(),
                sha256=hashlib.sha256(raw).hexdigest(),
                size=len(raw),
            ),
            text=clean(raw.decode("utf-8", errors="replace")),
        )


def clean(text: str) -> str:
    """Remove time marks and runs of blank lines."""
    lines = (_MARK.sub("", line).strip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
