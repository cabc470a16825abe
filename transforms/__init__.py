"""The mappings, in the order in which they are offered a primitive.

The special comes before the general: a sleep that paces launches is a stagger, one between two
checks a polling loop, and any other a delay.
"""

from __future__ import annotations

from transforms import async_limiter, delay, gather_fan_out, semaphore_gather, stagger
from transforms.rule import Rule

RULES: tuple[Rule, ...] = (
    semaphore_gather.RULE,
    stagger.RULE,
    gather_fan_out.RULE,
    async_limiter.RULE,
    delay.RULE,
)
