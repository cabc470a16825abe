"""A guard that leaves early with a write of its own; two writes on the way to the second phase."""

import logging

import reactivex as rx
from reactivex import operators as ops

from _operators import concat_map, do_action, flat_map, last_value_from

logger = logging.getLogger(__name__)


class Rebalancer:
    """Moves shards to where the load is not."""

    def __init__(self, cluster, ledger, *, max_moves=3):
        self._cluster = cluster
        self._ledger = ledger
        self._max_moves = max_moves

    async def rebalance(self, shards):
        """Plan all moves, write the plan down, then make them."""
        moves = []
        plan = {"shards": len(shards), "moves": moves}

        phase_1 = rx.from_iterable(shards).pipe(
            flat_map(lambda shard: self._cluster.load(shard)), ops.to_list()
        )

        async def after_phase_1(phase_1_loads):
            hot = [shard for shard, load in zip(shards, phase_1_loads) if load > 50]
            if len(hot) > self._max_moves:
                logger.warning("%d hot shards, that is no accident", len(hot))
                plan["aborted"] = True
                await self._ledger.write_plan(plan)
                return rx.of(plan)
            if not hot:
                return rx.of(plan)
            moves.extend(hot)

            async def write_plan(_):
                # The plan first: who finds moved shards without one gives up.
                await self._ledger.write_plan(
                    plan,
                    # replaces the one of the last run
                    overwrite=True,
                )

            async def phase_2(_):
                # Now move them.
                phase_2_targets = await last_value_from(
                    rx.from_iterable(hot).pipe(
                        flat_map(lambda shard: self._cluster.move(shard)), ops.to_list()
                    )
                )
                plan["targets"] = phase_2_targets
                await self._ledger.write_plan(plan)
                return rx.of(plan)

            return rx.of(phase_1_loads).pipe(
                do_action(write_plan), do_action(self._record), concat_map(phase_2)
            )

        return await last_value_from(phase_1.pipe(concat_map(after_phase_1)))

    async def _record(self, loads):
        for load in loads:
            await self._ledger.record(load)
