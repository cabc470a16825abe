"""Which rules a user means by a code or a name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from transforms.rule import Rule


class UnknownRuleError(Exception):
    """No rule is called so. The message names the nearest one."""


def find_rule(word: str, rules: Sequence[Rule]) -> Rule:
    """The rule with this code or name, in any case.

    Raises:
        UnknownRuleError: there is none.
    """
    known = {called.casefold(): rule for rule in rules for called in (rule.code, rule.name)}
    rule = known.get(word.strip().casefold())
    if rule is None:
        near = difflib.get_close_matches(word.strip().casefold(), known, n=1, cutoff=0.0)
        hint = f"; did you mean {_spelled(near[0], rules)!r}?" if near else ""
        raise UnknownRuleError(f"unknown rule {word!r}{hint} (`codemods rules` lists them)")
    return rule


def choose(rules: Sequence[Rule], select: Iterable[str], ignore: Iterable[str]) -> tuple[Rule, ...]:
    """The rules that are selected (all, if none is named) and not ignored, in registry order.

    Raises:
        UnknownRuleError: a word is no rule's.
    """
    wanted = codes(select, rules) or frozenset(rule.code for rule in rules)
    unwanted = codes(ignore, rules)
    return tuple(rule for rule in rules if rule.code in wanted - unwanted)


def codes(words: Iterable[str], rules: Sequence[Rule]) -> frozenset[str]:
    """The codes of the rules that are named; a word may be a list with commas.

    Raises:
        UnknownRuleError: a word is no rule's.
    """
    single = (part for word in words for part in word.split(",") if part.strip())
    return frozenset(find_rule(word, rules).code for word in single)


def _spelled(key: str, rules: Sequence[Rule]) -> str:
    return next(c for rule in rules for c in (rule.code, rule.name) if c.casefold() == key)
