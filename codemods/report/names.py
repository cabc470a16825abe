"""Names of files, for people: on one line, and without power over a terminal."""

from __future__ import annotations


def shown(name: str) -> str:
    """A name in which each character can be seen: what cannot is written as an escape."""
    return name if name.isprintable() else "".join(map(_shown, name))


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    if "\udc80" <= character <= "\udcff":  # a byte that is no UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
