"""Lifts a write between two waves out of the code around it, as a stage of the pipeline.

Recognises:
    ``await save(...)`` as a statement between two waves that RX205 makes a chain of, where the
    name of what is called says that it writes: save, checkpoint, persist, store, write, commit,
    flush, record. Its result is not used.

Emits:
    ``do_action(save)`` between the stages of the two waves; ``save`` is a function with the
    statement in it, or a lambda where that is short.

Keeps:
    Result order: the item is passed on as it is, after the write.
    First error: an error of the write ends the pipeline before the next wave starts; it is
        raised as the same object.
    Siblings: none; nothing runs beside the write.
    Cancellation: arrives inside the write, whose cleanup the caller waits for.
    Timing: it starts when the statements in front of it have run, as before.
    Context: it runs in the calling task, with its context.

Refuses:
    companion-refused: the chain that it stands in is left as it is, or RX205 is not selected.
    shape-not-recognised: it shares its line with other statements, or assigns with ``:=``.
    value-kept-alive: a variable above it holds a value (a temporary directory, say) that would
        not live on.

Example:
    checkpoint/before_the_expensive_wave
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.rule import Primitive, Refused, Rule, Site
from transforms.syntax.chain import Chain, find_chains, kept_alive_in_vain
from transforms.syntax.marks import Lifted
from transforms.syntax.scopes import contains
from transforms.syntax.source import Source


@dataclass(frozen=True, kw_only=True, eq=False)
class _Checkpoint(Site):
    expression: cst.Await


def find(source: Source) -> Iterator[Site | Refused]:
    written = dict(source.free_of_kind("checkpoint"))
    for found in find_chains(source) if written else ():
        for primitive in found.checkpoints:
            if primitive not in written:
                continue
            call = written.pop(primitive)
            if isinstance(found.chain, Chain) and source.free.isdisjoint(found.waves):
                yield _recognise(source, primitive, call, found.chain, found.waves)
            else:
                yield Refused(primitive, "companion-refused")


def _recognise(
    source: Source,
    primitive: Primitive,
    call: cst.CSTNode,
    chain: Chain,
    waves: tuple[Primitive, ...],
) -> Site | Refused:
    expression = source.parent(call)
    statement = source.statement(call)
    if not isinstance(expression, cst.Await) or not isinstance(statement, cst.SimpleStatementLine):
        return Refused(primitive, "not-awaited")
    if len(statement.body) != 1 or contains(call, cst.NamedExpr):
        return Refused(primitive, "shape-not-recognised")
    lost = kept_alive_in_vain(chain, statement)
    if lost:
        return Refused(primitive, "value-kept-alive", ", ".join(sorted(lost)))
    return _Checkpoint(
        primitives=(primitive,),
        rewrite="pipeline",
        operators=frozenset({"do_action"}),
        uses_rx=True,
        parameters=primitive.parameters,
        touched=(expression,),
        needs=waves,
        expression=expression,
    )


class _Transformer(cst.CSTTransformer):
    def __init__(self, source: Source, sites: Sequence[Site]) -> None:
        super().__init__()
        self._expressions = {site.expression for site in sites if isinstance(site, _Checkpoint)}

    def leave_Await(self, original_node: cst.Await, updated_node: cst.Await) -> cst.Await:
        """Mark it: the transformer of the chain lifts it out of the block that it edits."""
        is_ours = original_node in self._expressions
        return Lifted.mark(updated_node) if is_ours else updated_node


RULE = Rule(
    code="RX206",
    name="checkpoint",
    tier=2,
    summary="a write between two waves becomes a stage of their pipeline",
    kinds=frozenset({"checkpoint"}),
    operators=frozenset({"do_action"}),
    find=find,
    transformer=_Transformer,
    doc=__doc__,
)
