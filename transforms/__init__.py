"""The mappings, in the order in which they are offered a primitive.

The special comes before the general: a sleep that paces launches is a stagger, one between two
checks a polling loop, and any other a delay.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transforms.rule import Rule

    RULES: tuple[Rule, ...]

_ORDER = (
    "dynamic_limit",
    "semaphore_gather",
    "stagger",
    "wave_chain",
    "checkpoint",
    "gather_fan_out",
    "gather_fixed",
    "occ_retry",
    "rate_limit_retry",
    "polling_loop",
    "async_limiter",
    "shutdown_event",
    "to_thread",
    "wait_for",
    "retry_decorator",
    "retry_block",
    "delay",
)


def __getattr__(name: str) -> object:
    """``RULES`` is loaded when it is first asked for: libcst takes longer than many a whole run."""
    if name == "RULES":
        return _load()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _load() -> tuple[Rule, ...]:
    return tuple(import_module(f"{__name__}.{module}").RULE for module in _ORDER)
