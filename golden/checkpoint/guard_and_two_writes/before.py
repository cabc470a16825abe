"""A guard that leaves early with a write of its own; two writes on the way to the second phase."""

import asyncio
import logging

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

        phase_1_loads = await asyncio.gather(*[self._cluster.load(shard) for shard in shards])

        hot = [shard for shard, load in zip(shards, phase_1_loads) if load > 50]
        if len(hot) > self._max_moves:
            logger.warning("%d hot shards, that is no accident", len(hot))
            plan["aborted"] = True
            await self._ledger.write_plan(plan)
            return plan
        if not hot:
            return plan
        moves.extend(hot)

        # The plan first: who finds moved shards without one gives up.
        await self._ledger.write_plan(
            plan,
            # replaces the one of the last run
            overwrite=True,
        )
        await self._record(phase_1_loads)

        # Now move them.
        phase_2_targets = await asyncio.gather(*[self._cluster.move(shard) for shard in hot])
        plan["targets"] = phase_2_targets
        await self._ledger.write_plan(plan)
        return plan

    async def _record(self, loads):
        for load in loads:
            await self._ledger.record(load)
