"""The mappings, in the order in which they are offered a primitive.

The special comes before the general: a sleep that paces launches is a stagger, one between two
checks a polling loop, and any other a delay.
"""

from __future__ import annotations

from transforms import (
    async_limiter,
    checkpoint,
    delay,
    gather_fan_out,
    polling_loop,
    semaphore_gather,
    stagger,
    to_thread,
    wave_chain,
)
from transforms.rule import Rule

RULES: tuple[Rule, ...] = (
    semaphore_gather.RULE,
    stagger.RULE,
    wave_chain.RULE,
    checkpoint.RULE,
    gather_fan_out.RULE,
    polling_loop.RULE,
    async_limiter.RULE,
    to_thread.RULE,
    delay.RULE,
)
