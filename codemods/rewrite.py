"""Source text and rules in, a ``FileResult`` out. Pure: no disk, no clock, no globals."""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import libcst as cst

from codemods.errors import SourceError, TooDeepError
from codemods.inventory import entries_of, inventory_entries, parsed
from codemods.outline import Outline
from codemods.results import SiteResult as SiteResult
from codemods.results import TakenBack as TakenBack
from codemods.suppression import comments, suppression
from transforms.reasons import REASONS
from transforms.rule import Primitive, Refused, Rule, Site
from transforms.syntax.elsewhere import Elsewhere
from transforms.syntax.imports import (
    Needed,
    TopNames,
    add_needed,
    conflicts,
    drop_unused,
    imported,
    not_read,
    used,
)
from transforms.syntax.lazy import parse_lazily
from transforms.syntax.names import Names
from transforms.syntax.parsed import ParseError, parse, tree_of
from transforms.syntax.places import Places
from transforms.syntax.source import Source
from transforms.syntax.spelling import name_space
from transforms.table import TABLE

MOST_NESTED = 250
"""Levels of the syntax tree. libcst calls itself some three times a level, Python allows 1000."""
_LIKELY = re.compile(r"\basyncio\.(?:sleep|gather|wait_for|to_thread|Event)\(")
_INSIDE = "inside-another-site"
# What may be so no more when the other sites are made: another pass looks again.
_PASSING = frozenset({_INSIDE, "name-conflict", "companion-refused"})
_MADE = ("pipeline", "drop-in")


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file. ``after == before`` when nothing was rewritten."""

    path: str
    before: str
    after: str
    sites: tuple[SiteResult, ...] = ()
    operators: frozenset[str] = frozenset()
    """Names the rewritten file takes from the vendored operators module."""

    @property
    def changed(self) -> bool:
        return self.after != self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the rewrite of one file depends on, besides its text."""

    rules: Sequence[Rule]
    """The selected rules, in registry order."""
    operators_module: str
    """Dotted name the rewritten file imports the vendored operators from."""
    path_tier: int | None = None
    """The tier that the config gives to the file's path; None: each rule's own tier counts."""
    tiers: frozenset[int] = frozenset({1, 2, 3})
    """Tiers asked for (``--tier``). Sites of other tiers are left out of the result."""
    line_length: int = 88
    adapted: frozenset[str] = frozenset()
    taken_back: frozenset[TakenBack] = frozenset()
    """Sites to leave out, of any file; each ends as ``refused: failed-verification``."""
    elsewhere: Elsewhere | None = None
    """What other files do with names that they share with this one; None: it stands alone."""


def rewrite(text: str, path: str, settings: Settings) -> FileResult:
    """Rewrite one file's text.

    Args:
        text: the decoded source, line endings as they are in the file.
        path: how the file is called in reports.
        settings: see ``Settings``.

    Raises:
        SourceError: the text does not parse.

    Guarantees: the same arguments give the same result; the result parses; what stands
    outside the rewritten spans (and the import block) is the same, character by character;
    a second run changes nothing.
    """
    try:
        result = _rewrite_once(text, path, settings)
    except cst.ParserSyntaxError as error:
        raise _of_whole(text, error) from None
    if not result.changed or all(site.reason not in _PASSING for site in result.sites):
        return result
    later = _later(result, settings)
    return result if later is None else _followed(result, rewrite(result.after, path, later))


def _later(result: FileResult, settings: Settings) -> Settings | None:
    """The settings of the next pass: what is taken back stands elsewhere in the new text.

    None: it cannot be told where, so there is no next pass.
    """
    back = {(one.line, one.column): one for one in settings.taken_back if one.path == result.path}
    if not back:
        return settings
    made = {site.primitive for site in result.sites if site.outcome in _MADE}
    old = _by_kind(entry.primitive for entry in inventory_entries(result.before, result.path))
    new = _by_kind(entry.primitive for entry in inventory_entries(result.after, result.path))
    moved: set[TakenBack] = set()
    for kind in old.keys() | new.keys():
        stayed = [primitive for primitive in old[kind] if primitive not in made]
        if len(stayed) != len(new[kind]):
            return None
        for was, now in zip(stayed, new[kind], strict=True):
            if one := back.get((was.line, was.column)):
                moved.add(replace(one, line=now.line, column=now.column))
    return replace(settings, taken_back=frozenset(moved))


def _by_kind(primitives: Iterable[Primitive]) -> defaultdict[str, list[Primitive]]:
    found: defaultdict[str, list[Primitive]] = defaultdict(list)
    for primitive in primitives:
        found[primitive.kind].append(primitive)
    return found


def _followed(result: FileResult, later: FileResult) -> FileResult:
    """The result of two passes: what was in the way of a site is gone when another is made."""
    stayed = _sites_by_kind(site for site in result.sites if site.outcome not in _MADE)
    left = _sites_by_kind(later.sites)
    ends: dict[Primitive, SiteResult] = {}
    for kind, sites in stayed.items():
        if len(sites) == len(left[kind]):
            pairs = list(zip(sites, left[kind], strict=True))
        else:
            # Which is which cannot be told; it is known how many were made.
            passing = [site for site in sites if site.reason in _PASSING]
            made = [site for site in left[kind] if site.outcome in _MADE]
            pairs = list(zip(passing, made, strict=False))
        ends |= {site.primitive: end for site, end in pairs if site.reason in _PASSING}
    leads: dict[Primitive, Primitive] = {}
    merged: list[SiteResult] = []
    for site in result.sites:
        if (ended := ends.get(site.primitive)) is not None:
            lead = ended.lead and leads.setdefault(ended.lead, site.primitive)
            site = replace(ended, primitive=site.primitive, lead=lead)
        merged.append(site)
    return replace(
        result, after=later.after, sites=tuple(merged), operators=result.operators | later.operators
    )


def _sites_by_kind(sites: Iterable[SiteResult]) -> defaultdict[str, list[SiteResult]]:
    found: defaultdict[str, list[SiteResult]] = defaultdict(list)
    for site in sites:
        found[site.primitive.kind].append(site)
    return found


def _rewrite_once(text: str, path: str, settings: Settings) -> FileResult:
    # Parsed as a whole at once, where all of it will be needed.
    whole = parsed(text) if _LIKELY.search(text) else None
    entries = inventory_entries(text, path) if whole is None else entries_of(whole)
    likely = {entry.primitive: entry.rule_code for entry in entries}
    primitives = tuple(likely)
    asked_for = settings.path_tier is None or settings.path_tier in settings.tiers
    if not primitives or not asked_for:
        return FileResult(path, text, text)
    suppressed = suppression(text)
    active = frozenset(p for p in primitives if not suppressed.covers(p))
    plan, after = Plan(), text
    rules = _concerned(settings, active)
    if rules:
        whole = whole or parse(text)
        _check_depth(whole.names)
        module = _parse(text, whole.tree)
        places = Places(module, text, whole.tree)
        patched = _patched(likely, active, settings)
        source = Source(
            path=path,
            module=module,
            primitives=primitives,
            origins=whole.origins(),
            line_length=settings.line_length,
            operators_module=settings.operators_module,
            free=active - patched.keys(),
            shared=places,
            elsewhere=settings.elsewhere,
            adapted=settings.adapted,
        )
        outline = Outline(module, places)
        found = _find(source, rules).refusing(patched, rules)
        if outline.reproduces(node for _, site in found.sites for node in site.touched):
            found = found.without(_taken_back(found, path, settings))
            plan, after = _edit(source, outline, settings, found)
            plan = _waiting(source, plan)
        else:
            plan = _refusing_all(active, rules[0], "not-reproducible")
    sites = tuple(
        result
        for primitive, code in likely.items()
        if (result := _result(primitive, code, plan, active, settings)) is not None
    )
    return FileResult(path, text, after, sites, _operators(plan))


@dataclass(frozen=True, slots=True)
class Plan:
    """Which rule takes which primitives, and why the others stay."""

    sites: tuple[tuple[Rule, Site], ...] = ()
    refused: Mapping[Primitive, tuple[Rule, Refused]] = field(default_factory=dict)

    def owner(self, primitive: Primitive) -> tuple[Rule, Site] | None:
        for rule, site in self.sites:
            if primitive in site.primitives:
                return rule, site
        return None

    def refusing(
        self, refused: Mapping[Primitive, tuple[str, Refused]], rules: Sequence[Rule]
    ) -> Plan:
        """The plan, and primitives that no rule was offered, by the code of their likely rule."""
        by_code = {rule.code: rule for rule in rules}
        more = {p: (by_code[code], why) for p, (code, why) in refused.items() if code in by_code}
        return Plan(self.sites, {**self.refused, **more})

    def without(self, dropped: Mapping[Site, tuple[str, str]]) -> Plan:
        """The plan less some sites, each refused with its reason and detail."""
        kept = tuple((rule, site) for rule, site in self.sites if site not in dropped)
        refused = dict(self.refused)
        for rule, site in self.sites:
            if site in dropped:
                reason, detail = dropped[site]
                for primitive in site.primitives:
                    refused[primitive] = rule, Refused(primitive, reason, detail)
        return Plan(kept, refused)


def _parse(text: str, tree: ast.Module) -> cst.Module:
    try:
        return parse_lazily(text, tree)
    except cst.ParserSyntaxError as error:
        raise SourceError(error.message, error.raw_line) from None


def _of_whole(text: str, error: cst.ParserSyntaxError) -> SourceError:
    """An error in a body that was parsed late, with its line in the whole text."""
    try:
        cst.parse_module(text)
    except cst.ParserSyntaxError as same:
        return SourceError(same.message, same.raw_line)
    return SourceError(error.message)


def _check_depth(names: Names) -> None:
    """Before libcst parses what would overflow the machine's stack, and so end the process."""
    if node := names.deeper_than(MOST_NESTED):
        line = getattr(node, "lineno", None)
        raise TooDeepError(f"nested more than {MOST_NESTED} levels deep", line)


# --- deciding ------------------------------------------------------------------------------


def _concerned(settings: Settings, active: Iterable[Primitive]) -> tuple[Rule, ...]:
    """The rules that may take a primitive of the file: without any, nobody needs its tree."""
    kinds = {primitive.kind for primitive in active}
    return tuple(
        rule
        for rule in settings.rules
        if not kinds.isdisjoint(rule.kinds)
        and (settings.path_tier is not None or rule.tier in settings.tiers)
    )


def _patched(
    likely: Mapping[Primitive, str], active: Iterable[Primitive], settings: Settings
) -> dict[Primitive, tuple[str, Refused]]:
    """The primitives that another file replaces in this module: it would miss them."""
    found = settings.elsewhere.patches if settings.elsewhere is not None else ()
    return {
        primitive: (likely[primitive], Refused(primitive, "patched-elsewhere", str(patch)))
        for primitive in active
        for patch in reversed(found)
        if patch.concerns(primitive)
    }


def _refusing_all(primitives: Iterable[Primitive], rule: Rule, reason: str) -> Plan:
    return Plan(refused={each: (rule, Refused(each, reason)) for each in primitives})


def _find(source: Source, rules: Sequence[Rule]) -> Plan:
    free = set(source.free)
    sites: list[tuple[Rule, Site]] = []
    refused: dict[Primitive, tuple[Rule, Refused]] = {}
    for rule in rules:
        for found in rule.find(source.offering(frozenset(free))):
            if isinstance(found, Refused):
                refused.setdefault(found.primitive, (rule, found))
            elif free.issuperset(found.primitives):
                free.difference_update(found.primitives)
                sites.append((rule, found))
    return Plan(tuple(sites), refused)


def _taken_back(plan: Plan, path: str, settings: Settings) -> dict[Site, tuple[str, str]]:
    back = {(one.line, one.column): one for one in settings.taken_back if one.path == path}
    return {
        site: ("failed-verification", back[place].detail)
        for _, site in plan.sites
        for place in ((primitive.line, primitive.column) for primitive in site.primitives)
        if place in back
    }


def _result(
    primitive: Primitive,
    likely: str,
    plan: Plan,
    active: frozenset[Primitive],
    settings: Settings,
) -> SiteResult | None:
    if owner := plan.owner(primitive):
        rule, site = owner
        tier = settings.path_tier or rule.tier
        parameters = site.parameters or primitive.parameters
        return SiteResult(
            primitive,
            rule.code,
            rule.name,
            tier,
            site.rewrite,
            exact=site.exact,
            parameters=parameters,
            lead=min(site.primitives),
        )
    code, reason, detail = likely, "shape-not-recognised", ""
    if primitive in active and primitive in plan.refused:
        rule, refusal = plan.refused[primitive]
        code, reason, detail = rule.code, refusal.reason, refusal.detail
    elif likely not in {rule.code for rule in settings.rules}:
        reason = "rule-not-available"
    entry = TABLE[code]
    tier = settings.path_tier or entry.tier
    if tier not in settings.tiers:
        return None
    result = SiteResult(
        primitive, code, entry.name, tier, "suppressed", True, parameters=primitive.parameters
    )
    if primitive not in active:
        return result
    hint = REASONS[reason].hint
    return replace(result, outcome="refused", reason=reason, detail=detail or None, hint=hint)


def _operators(plan: Plan) -> frozenset[str]:
    return frozenset().union(*(site.operators for _, site in plan.sites))


# --- editing -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draft:
    """A file before and after an edit, by statements, both without what the edit does not touch."""

    before: tuple[str, ...]
    after: tuple[str, ...]

    def with_whole_functions(self, outline: Outline) -> Draft:
        """With all of the functions in which something is edited."""
        whole = outline.with_whole_functions
        return Draft(tuple(map(whole, self.before)), tuple(map(whole, self.after)))

    def common(self) -> Counter[str]:
        """The statements that are in both."""
        return Counter(self.before) & Counter(self.after)

    def without_common(self) -> Draft:
        """The statements that are in one of both."""
        return Draft(
            tuple(_left(self.before, self.common())), tuple(_left(self.after, self.common()))
        )


def _left(texts: Iterable[str], common: Counter[str]) -> Iterator[str]:
    """Less those of ``common``, as often as they are in it."""
    for text in texts:
        if common[text]:
            common[text] -= 1
        else:
            yield text


def _edit(source: Source, outline: Outline, settings: Settings, plan: Plan) -> tuple[Plan, str]:
    """Apply the plan; sites whose edit cannot be kept are refused, and stand in nobody's way."""
    wanted = plan.without(_conflicting(source, settings, plan))
    while True:
        plan = _standing(wanted.without(_overlapping(source, wanted)))
        if not plan.sites:
            return plan, source.text
        draft = _apply(source, outline, settings, plan)
        sites = [site for _, site in plan.sites]
        if not _is_valid(draft.with_whole_functions(outline)):
            return plan.without(dict.fromkeys(sites, ("result-unreadable", ""))), source.text
        if _keeps_comments(draft):
            return plan, outline.complete("".join(draft.after))
        lossy = [
            site
            for rule, site in plan.sites
            if not _keeps_comments(_edited(source, outline, Plan(((rule, site),))).draft(outline))
        ]
        # None alone, but all together: nobody can say which of them it is.
        wanted = wanted.without(dict.fromkeys(lossy or sites, ("comment-in-the-way", "")))


def _is_valid(draft: Draft) -> bool:
    """Whether the result compiles: if not, the defect is ours and never reaches the disk.

    Newer syntax than that of the Python that runs is parsed only, as it was before.
    """
    after = "".join(draft.after)
    return _compiles(after) or (_parses(after) and not _compiles("".join(draft.before)))


def _parses(text: str) -> bool:
    try:
        tree_of(text)
    except ParseError:
        return False
    return True


def _compiles(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text.removeprefix("\ufeff"), "<rewritten>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return False
    return True


def _standing(plan: Plan) -> Plan:
    """The plan less the sites that need others which are not made."""
    stranded = {
        site: ("companion-refused", "")
        for _, site in plan.sites
        if any(plan.owner(primitive) is None for primitive in site.needs)
    }
    return _standing(plan.without(stranded)) if stranded else plan


def _waiting(source: Source, plan: Plan) -> Plan:
    """The plan, with what waits for another site to be looked at again in the next pass.

    What is passed on to ``gather``, say, may be a source of the pipeline that this becomes.
    """
    refused = dict(plan.refused)
    consumed = {node for _, site in plan.sites for node in site.consumed}
    for primitive, (rule, refusal) in plan.refused.items():
        node = source.node_of(primitive) if refusal.waits else None
        if node is not None and not consumed.isdisjoint(source.ancestors(node)):
            refused[primitive] = rule, replace(refusal, reason=_INSIDE)
    return Plan(plan.sites, refused)


def _overlapping(source: Source, plan: Plan) -> dict[Site, tuple[str, str]]:
    """Sites whose text another site's edit would carry along unedited."""
    dropped: dict[Site, tuple[str, str]] = {}
    for _, site in plan.sites:
        consumed = set() if site in dropped else set(site.consumed)
        for _, other in plan.sites:
            if other is site or other in dropped:
                continue
            if any(
                consumed.intersection((node, *source.ancestors(node))) for node in other.touched
            ):
                dropped[other] = (_INSIDE, "")
    return dropped


def _conflicting(source: Source, settings: Settings, plan: Plan) -> dict[Site, tuple[str, str]]:
    dropped: dict[Site, tuple[str, str]] = {}
    own = TopNames.of(source.module, source.text, source.holding)
    for _, site in plan.sites:
        places = {name_space(source, node) for node in site.touched}
        names = conflicts(own, places, _needed(settings, [site]), site.replaced)
        if names:
            dropped[site] = ("name-conflict", ", ".join(sorted(names)))
    return dropped


def _needed(settings: Settings, sites: Sequence[Site]) -> Needed:
    return Needed(
        settings.operators_module,
        frozenset().union(*(site.operators for site in sites)),
        rx=any(site.uses_rx for site in sites),
        ops=any(site.uses_ops for site in sites),
        partial=any(site.uses_partial for site in sites),
        module=any(site.uses_module for site in sites),
        others=frozenset().union(*(site.imports for site in sites)),
    )


@dataclass(frozen=True, slots=True)
class _Edited:
    """A module before and after the rules' transformers, its imports as they were."""

    before: cst.Module
    after: cst.Module

    def draft(self, outline: Outline) -> Draft:
        return Draft(outline.pieces(self.before), outline.pieces(self.after))


def _apply(source: Source, outline: Outline, settings: Settings, plan: Plan) -> Draft:
    edited = _edited(source, outline, plan)
    draft = edited.draft(outline).with_whole_functions(outline)
    sites = [site for _, site in plan.sites]
    replaced = frozenset().union(*(site.replaced for site in sites))
    changed = draft.without_common()
    names_before, names = replaced | _used(changed.before), _used(changed.after)
    lost = (names_before - names) & imported(edited.after)
    names |= outline.mentioned(draft.after, lost, source.lines_of)
    names |= lost & _used(each for each in draft.common() if any(name in each for name in lost))
    needed = _needed(settings, sites).within(names)
    # First what joins an import that is there: it keeps its place.
    joined = add_needed(edited.after, needed.from_others(), settings.line_length)
    if settings.elsewhere is not None:
        names |= settings.elsewhere.needed_of(source.path, names_before)
    names |= not_read((names_before - names - replaced) & imported(joined), changed.before)
    pruned = drop_unused(joined, names, names_before, replaced)
    completed = add_needed(pruned, needed, settings.line_length)
    return Draft(outline.pieces(edited.before), outline.pieces(completed))


def _used(texts: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*map(used, texts))


def _edited(source: Source, outline: Outline, plan: Plan) -> _Edited:
    by_rule: dict[Rule, list[Site]] = {}
    for rule, site in plan.sites:
        by_rule.setdefault(rule, []).append(site)
    transformers = [rule.transformer(source, sites) for rule, sites in by_rule.items()]
    touched = frozenset(node for _, site in plan.sites for node in site.touched)
    sparse = outline.sparse(touched)
    edited = sparse.module.visit(_AllAtOnce(transformers, touched, sparse.path))
    assert isinstance(edited, cst.Module)
    return _Edited(sparse.module, edited)


class _AllAtOnce(cst.CSTTransformer):
    """Runs the rules' transformers in one walk, on the touched nodes and on nothing else.

    A node inside another touched node is edited first; each transformer sees the node as it
    was (``original_node``) and as it has become (``updated_node``).
    """

    def __init__(
        self,
        transformers: Sequence[cst.CSTTransformer],
        touched: frozenset[cst.CSTNode],
        path: frozenset[cst.CSTNode],
    ) -> None:
        super().__init__()
        self._transformers = transformers
        self._touched = touched
        self._path = path

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node in self._path

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]:
        if original_node not in self._touched:
            return updated_node
        result: cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode] = updated_node
        for transformer in self._transformers:
            if isinstance(result, cst.CSTNode):
                result = transformer.on_leave(original_node, result)
        return result


def _keeps_comments(draft: Draft) -> bool:
    """Whether the result has every comment that was there, in the same order."""
    return _has_comments_of(draft.without_common()) or _has_comments_of(draft)


def _has_comments_of(draft: Draft) -> bool:
    before, after = "".join(draft.before), "".join(draft.after)
    return _is_within(_hashed_lines(before), _hashed_lines(after)) or _is_within(
        comments(before), comments(after)
    )


def _hashed_lines(text: str) -> list[str]:
    """The lines with a comment, or a string, that an edit took along as a whole."""
    return [line.strip() for line in text.splitlines() if "#" in line] if "#" in text else []


def _is_within(texts: Iterable[str], others: Iterable[str]) -> bool:
    """Whether all of ``texts`` are among the others, in their order."""
    remaining = iter(others)
    return all(text in remaining for text in texts)
