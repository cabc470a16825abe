"""Which rules a user means by a code or a name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from codemods.errors import UserError
from transforms.rule import Rule


class Named(Protocol):
    """A rule, or an entry of the table of rules."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...


_Named = TypeVar("_Named", bound=Named)


class UnknownRuleError(UserError):
    """No rule is called so. The message names the nearest one."""


def find_named(word: str, known: Iterable[_Named], where: str = "") -> _Named:
    """The one with this code or name, in any case.

    Args:
        where: what an error begins with.

    Raises:
        UnknownRuleError: there is none.
    """
    by_word = {called: one for one in known for called in (one.code, one.name)}
    found = {called.casefold(): one for called, one in by_word.items()}.get(word.casefold())
    if found is None:
        spelled = {called.casefold(): called for called in by_word}
        near = difflib.get_close_matches(word.casefold(), spelled, n=1, cutoff=0.0)
        hint = f"; did you mean {spelled[near[0]]!r}?" if near else ""
        raise UnknownRuleError(f"{where}unknown rule {word!r}{hint} (`codemods rules` lists them)")
    return found


def codes(words: Iterable[str], known: Iterable[Named], where: str = "") -> frozenset[str]:
    """The codes that are meant; a word may be a list with commas.

    Raises:
        UnknownRuleError: a word is no rule's.
    """
    single = (part.strip() for word in words for part in word.split(",") if part.strip())
    entries = tuple(known)
    return frozenset(find_named(word, entries, where).code for word in single)


def choose(
    rules: Sequence[Rule], select: frozenset[str], ignore: frozenset[str]
) -> tuple[Rule, ...]:
    """The rules with these codes (none: all) less the ignored ones, in registry order."""
    wanted = select or frozenset(rule.code for rule in rules)
    return tuple(rule for rule in rules if rule.code in wanted - ignore)
