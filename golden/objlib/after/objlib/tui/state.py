"""State of the text interface: one subject, events in, screens out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reactivex import Observable
from reactivex import operators as ops
from reactivex.subject import BehaviorSubject

from objlib.models import LectureFile


@dataclass(frozen=True)
class BrowserState:
    """What is on the screen."""

    lectures: tuple[LectureFile, ...] = ()
    filter: str = ""
    selected: int = 0

    @property
    def visible(self) -> tuple[LectureFile, ...]:
        needle = self.filter.lower()
        return tuple(
            lecture
            for lecture in self.lectures
            if needle in lecture.title.lower() or needle in lecture.course.lower()
        )


class BrowserModel:
    """Takes what the user does, publishes what is to be shown."""

    def __init__(self) -> None:
        self._subject: BehaviorSubject[BrowserState] = BehaviorSubject(BrowserState())

    @property
    def states(self) -> Observable[BrowserState]:
        """Every state that differs from the one before."""
        return self._subject.pipe(ops.distinct_until_changed())

    @property
    def current(self) -> BrowserState:
        return self._subject.value

    def load(self, lectures: tuple[LectureFile, ...]) -> None:
        self._subject.on_next(replace(self.current, lectures=lectures, selected=0))

    def type_filter(self, text: str) -> None:
        self._subject.on_next(replace(self.current, filter=text, selected=0))

    def move(self, steps: int) -> None:
        """Move the selection, and stop at the ends."""
        last = max(len(self.current.visible) - 1, 0)
        selected = min(max(self.current.selected + steps, 0), last)
        self._subject.on_next(replace(self.current, selected=selected))

    def close(self) -> None:
        self._subject.on_completed()
