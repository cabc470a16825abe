"""From a primitive to a site, for the rules whose loops try again."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from transforms.rule import Kind, Primitive, Refused, Site
from transforms.syntax.pieces import one_line
from transforms.syntax.retry_draft import Draft, draft
from transforms.syntax.retry_ending import Ending, ending
from transforms.syntax.retry_pipeline import pipeline
from transforms.syntax.retry_plan import plans
from transforms.syntax.retry_shape import RetryShape, retry_shape
from transforms.syntax.retry_writer import Retry, Words
from transforms.syntax.scopes import occurrences, parameters, walk
from transforms.syntax.source import Source


@dataclass(frozen=True)
class Finder:
    """``find`` of a rule: its kind of primitive, and how its operator is written."""

    kind: Kind
    words: Words
    takes_record: bool

    def __call__(self, source: Source) -> Iterator[Site | Refused]:
        above: list[cst.CSTNode | None] = []
        for primitive, node in source.free_of_kind(self.kind):
            if isinstance(node, cst.While | cst.For):
                function = source.function(node)
                yield self._recognise(source, primitive, node, above.count(function))
                above.append(function)

    def _recognise(
        self, source: Source, primitive: Primitive, node: cst.While | cst.For, nth: int
    ) -> Site | Refused:
        shape = retry_shape(source, node)
        if isinstance(shape, str):
            return Refused(primitive, shape)
        reason = ""
        for plan in plans(source, shape):
            drafted = draft(source, shape, plan)
            end = ending(drafted) if isinstance(drafted, Draft) else drafted
            if isinstance(drafted, Draft) and isinstance(end, Ending):
                site = replace(self._site(primitive, shape, drafted, end), nth=nth)
                for each in (site, replace(site, backoff_first=True)):
                    if _keeps_comments(source, each):
                        return each
                end = "comment-in-the-way"
            reason = reason or str(end)
        return Refused(primitive, reason or "several-ends")

    def _site(self, primitive: Primitive, shape: RetryShape, found: Draft, end: Ending) -> Retry:
        operators = {"last_value_from", self.words.operator}
        operators |= {"TryAgain"} if found.signals else set()
        says_pending = end.exhausted == "PENDING" or found.wait.may_pass
        operators |= {"PENDING"} if says_pending else set()
        body = shape.node.body.body
        behind = [] if shape.behind else [*body[list(body).index(shape.attempt) + 1 :]]
        return Retry(
            primitives=(primitive, *(wait.primitive for wait in shape.waits.values())),
            rewrite="pipeline",
            operators=frozenset(operators),
            parameters=_parameters(found),
            touched=(shape.node, *end.moved, *found.dropped[:1]),
            consumed=(shape.handler, *behind, *end.moved, *found.dropped),
            draft=found,
            words=self.words,
            ending=end,
            record=_record(shape) if self.takes_record else None,
        )


def _parameters(found: Draft) -> tuple[tuple[str, str], ...]:
    caught = found.shape.handler.type
    given = [] if caught is None else [("exception", one_line(found.source, caught))]
    attempts = found.max_attempts or "unlimited"
    waits = [one_line(found.source, wait.seconds) for wait in found.shape.waits.values()]
    return (*given, ("attempts", attempts), ("seconds", " or ".join(waits)))


def _keeps_comments(source: Source, site: Retry) -> bool:
    """Whether the pipeline has the comments of what it stands for, in their order."""
    node = site.draft.shape.node
    gone = (*site.draft.dropped[:1], node, *site.ending.moved)
    try:
        written = iter(_comments(source, pipeline(site, source, node)))
        return all(comment in written for comment in _comments(source, gone))
    except (tokenize.TokenError, SyntaxError):
        return True  # the engine looks again, at the whole file


def _comments(source: Source, nodes: Iterable[cst.CSTNode]) -> list[str]:
    """The comments in the order of the text."""
    lines = io.StringIO("".join(map(source.module.code_for_node, nodes)))
    return [
        token.string
        for token in tokenize.generate_tokens(lines.readline)
        if token.type == tokenize.COMMENT
    ]


def _record(shape: RetryShape) -> str | None:
    """The variable that the attempt is about: a parameter that it hands to the call it awaits.

    The first one that such a call is given plainly, else one that what it is given is made of.
    """
    own = [each.name.value for each in parameters(shape.function) if not each.star]
    stored = {each.name for each in occurrences(shape.function) if each.role in ("store", "delete")}
    shapes = [
        arg.value
        for node in walk(shape.attempt.body)
        if isinstance(node, cst.Await) and isinstance(node.expression, cst.Call)
        for arg in node.expression.args
    ]
    names = [each.value for each in shapes if isinstance(each, cst.Name)]
    names += [each.value for given in shapes for each in walk(given) if isinstance(each, cst.Name)]
    counter = shape.counter.variable if shape.counter is not None else None
    free = (name for name in names if name in own and name not in stored | {"self", "cls", counter})
    return next(free, None)


class Transformer(cst.CSTTransformer):
    """Puts pipelines in the places of loops."""

    def __init__(self, source: Source, sites: Sequence[Site]) -> None:
        super().__init__()
        self._source = source
        found = [site for site in sites if isinstance(site, Retry)]
        self._sites = {site.draft.shape.node: site for site in found}
        self._gone = {node for site in found for node in site.ending.moved}
        self._gone |= {node for site in found for node in site.draft.dropped[:1]}

    def leave_While(
        self, original_node: cst.While, updated_node: cst.While
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        site = self._sites.get(original_node)
        return updated_node if site is None else pipeline(site, self._source, updated_node)

    def leave_For(
        self, original_node: cst.For, updated_node: cst.For
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        site = self._sites.get(original_node)
        return updated_node if site is None else pipeline(site, self._source, updated_node)

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.RemovalSentinel:
        return cst.RemoveFromParent() if original_node in self._gone else updated_node
