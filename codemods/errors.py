"""What callers cannot go on from."""

from __future__ import annotations


class SourceError(Exception):
    """A source text cannot be parsed. ``line`` counts from 1."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class TooDeepError(SourceError):
    """The code is nested so deeply that parsing it could crash."""


class UserError(Exception):
    """What the user asked for cannot be done; the message says why in the user's words."""
