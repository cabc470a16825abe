"""The browser: a list of lectures that can be filtered (``browse``)."""

from __future__ import annotations

from collections.abc import Callable

from reactivex import Observable
from reactivex import operators as ops

from objlib.services.library import LibraryService
from objlib.tui.state import BrowserModel, BrowserState


class BrowserApp:
    """Connects the library, the model and whatever can show lines of text."""

    def __init__(self, library: LibraryService, show: Callable[[str], None]) -> None:
        self._library = library
        self._show = show
        self._model = BrowserModel()

    async def run(self, *, keys: str = "", text: str = "") -> None:
        """Load the library, play ``text`` and ``keys`` (``j`` down, ``k`` up), then leave."""
        loaded: Observable[BrowserState] = self._model.states.pipe(ops.filter(_is_loaded))
        screens: Observable[str] = loaded.pipe(ops.map(render), ops.distinct_until_changed())
        subscription = screens.subscribe(self._show)
        try:
            self._model.load(tuple(await self._library.lectures()))
            if text:
                self._model.type_filter(text)
            for key in keys:
                self._model.move({"j": 1, "k": -1}.get(key, 0))
            self._model.close()
        finally:
            subscription.dispose()


def render(state: BrowserState) -> str:
    """A screen as text."""
    lines = [f"filter: {state.filter}" if state.filter else f"{len(state.lectures)} lectures"]
    for number, lecture in enumerate(state.visible):
        mark = ">" if number == state.selected else " "
        lines.append(f"{mark} {lecture.course} {lecture.lecture:02d} {lecture.title}")
    return "\n".join(lines)


def _is_loaded(state: BrowserState) -> bool:
    return bool(state.lectures)
