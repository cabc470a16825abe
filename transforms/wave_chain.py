"""Turns a wave and the wave that takes its result into the two ends of one pipeline.

Recognises:
    ``wave1_results = await …`` and, further down in the same block, ``wave2_results = await …``
    whose arguments come from the first one's result, directly or by way of variables computed
    from it. The names share a word (wave, phase, pass, stage, step, round) and have ordinals
    that follow one another; there may be more than two. Between them may stand any statements:
    a guard that returns early or raises, writes that RX206 lifts, awaits of other things.

Emits:
    ``wave1 = …``, the first wave as an observable; a function for what follows it; and
    ``await last_value_from(wave1.pipe(concat_map(wave2)))``. The function gives the next wave as
    an observable. Where the code behind the last wave needs variables from between the waves,
    or a guard returns early, it moves into the function as well, and each ``return report``
    becomes ``return rx.of(report)``: the guard's result is the pipeline's.

Keeps:
    Result order: the waves run one after the other, each statement in its old place.
    First error: an error of a wave, or of what stands between, ends the chain; it is raised as
        the same object.
    Siblings: inside a wave, as in the original; the next wave starts when a wave has ended.
    Cancellation: arrives in the wave or the statement at work, whose cleanup is waited for.
    Timing: no wait is added; a guard runs in the turn in which it ran.
    Context: all steps run in the calling task, with its context variables.

Refuses:
    wave-not-assigned: a wave's result is unpacked, or shares its line with other statements.
    waves-apart: the waves do not stand in one block (one of them in a ``try``, say).
    wave-in-loop: they stand in a loop.
    wave-in-handler: they stand in an ``except`` or a ``finally``.
    wave-in-generator: the function yields.
    another-chain-here: the function holds more than one chain.
    companion-refused: one of the waves is suppressed.
    return-between-waves: a guard returns, and the function goes on behind the waves' block.
    variable-unbound: a variable that the steps use may be unbound by then.
    variables-shared: a variable that is bound between the waves is used where it would be lost.
    value-kept-alive: a variable between the waves holds a value (a temporary directory, a task)
        that would not live on in the code behind them.
    frame-matters: ``locals()``, ``super()``, ``stacklevel=`` and others that look at the frame.
    other-event-loop: the file imports anyio, curio, trio or twisted.
    awaits-in-arguments: an argument of an asyncio call is awaited itself.
    shape-not-recognised: anything else, such as a body on the line of its ``def``.

Example:
    wave_chain/guard_returns_the_report
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.rule import Refused, Rule, Site
from transforms.syntax.chain import Chain, find_chains
from transforms.syntax.chain_pipeline import rewritten_block
from transforms.syntax.moving import Trouble
from transforms.syntax.source import Source


@dataclass(frozen=True, kw_only=True, eq=False)
class _WaveChain(Site):
    chain: Chain


def find(source: Source) -> Iterator[Site | Refused]:
    for found in find_chains(source):
        if not source.free >= frozenset(found.waves):
            trouble = Trouble("companion-refused")
        elif isinstance(found.chain, Trouble):
            trouble = found.chain
        else:
            yield _WaveChain(
                primitives=found.waves,
                rewrite="pipeline",
                operators=frozenset({"concat_map", "from_async", "last_value_from"}),
                uses_rx=True,
                parameters=(("waves", ", ".join(each.stem for each in found.chain.waves)),),
                touched=(found.chain.block,),
                chain=found.chain,
            )
            continue
        for primitive in found.waves:
            yield Refused(primitive, trouble.reason, trouble.detail)


class _Transformer(cst.CSTTransformer):
    def __init__(self, source: Source, sites: Sequence[Site]) -> None:
        super().__init__()
        self._source = source
        self._chains = {
            site.chain.block: site.chain for site in sites if isinstance(site, _WaveChain)
        }

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        chain = self._chains.get(original_node)
        if chain is None:
            return updated_node
        return rewritten_block(self._source, chain, updated_node)


RULE = Rule(
    code="RX205",
    name="wave-chain",
    tier=2,
    summary="waves that feed one another become a chain",
    kinds=frozenset({"wave"}),
    operators=frozenset({"concat_map", "from_async", "last_value_from"}),
    find=find,
    transformer=_Transformer,
    doc=__doc__,
)
