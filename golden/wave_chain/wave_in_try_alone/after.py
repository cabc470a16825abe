"""A ``try`` that covers one wave, and results that are unpacked: no place for a chain."""

from __future__ import annotations

import logging

from _operators import from_async, last_value_from, timeout

logger = logging.getLogger(__name__)


async def enrich(client, people):
    try:
        wave1_profiles = await client.profiles(people)
    except TimeoutError:
        logger.warning("no profiles")
        return []
    wave2_scores = await client.scores(wave1_profiles)
    return wave2_scores


async def split(client, people):
    wave1_good, wave1_bad = await client.sort_out(people)
    wave2_scores = await client.scores(wave1_good)
    return wave2_scores, wave1_bad


async def on_one_line(client, people):
    phase_1 = await client.profiles(people); logger.info("%d profiles", len(phase_1))
    phase_2 = await client.scores(phase_1)
    return phase_2


async def awaited_inside(client, people):
    phase_1 = await last_value_from(
        from_async(client.profiles, await client.known(people)).pipe(timeout(3))
    )
    phase_2 = await client.scores(phase_1)
    return phase_2
