"""Bytes to text and back, as Python reads source files, without touching a line ending."""

from __future__ import annotations

import tokenize
from dataclasses import dataclass


class EncodingError(Exception):
    """The bytes cannot be read, or the text cannot be written back. ``line`` counts from 1."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Decoded:
    """A source text and the encoding that gives its bytes back (``utf-8-sig`` keeps a BOM)."""

    text: str
    encoding: str


def decode(data: bytes) -> Decoded:
    """Decode a source file: BOM, PEP 263 cookie, else UTF-8.

    Raises:
        EncodingError: unknown encoding, bytes that do not belong to it, or an encoding that
            does not give the same bytes back.
    """
    encoding = _declared(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise EncodingError(f"not {encoding}: {error.reason}", line) from error
    except (LookupError, ValueError) as error:
        raise EncodingError(f"cannot be read as {encoding}: {error}", 1) from error
    if encoding not in {"utf-8", "utf-8-sig"} and encode(text, encoding) != data:
        raise EncodingError(f"{encoding} does not give the same bytes back", 1)
    return Decoded(text, encoding)


def encode(text: str, encoding: str) -> bytes:
    """The bytes of ``text``.

    Raises:
        EncodingError: a character has no place in the encoding.
    """
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        character = text[error.start]
        raise EncodingError(f"{character!r} cannot be written as {encoding}", line) from error
    except (LookupError, ValueError) as error:
        raise EncodingError(f"cannot be written as {encoding}: {error}", 1) from error


def _declared(data: bytes) -> str:
    # detect_encoding looks at the first two lines and knows only "\n": bytes.splitlines also
    # ends them at "\r", as the tokenizer does.
    head = iter(data[:4096].splitlines(keepends=True))
    try:
        encoding, _ = tokenize.detect_encoding(lambda: next(head, b""))
    except SyntaxError as error:
        raise EncodingError(str(error), 1) from error
    return encoding
