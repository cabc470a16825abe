"""What tenacity's options and strategies are called in the operators module."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_EXPONENTIAL = {"multiplier": "multiplier", "max": "maximum", "exp_base": "exp_base"}
_EXPONENTIAL |= {"min": "minimum"}
_JITTERED = {"initial": "initial", "max": "maximum", "exp_base": "exp_base", "jitter": "jitter"}
_JITTERED |= {"min": "minimum"}
_LOGGED = {"logger": "logger", "log_level": "log_level"}
_TOLD = {"message": "message", "match": "match"}
_TYPES = {"exception_types": "types"}

#: tenacity's factories: ours, and our names of their parameters, in their order.
FACTORIES: Mapping[str, tuple[str, Mapping[str, str]]] = MappingProxyType(
    {
        "after_log": ("after_log", _LOGGED | {"sec_format": "sec_format"}),
        "before_log": ("before_log", _LOGGED),
        "before_sleep_log": (
            "before_sleep_log",
            _LOGGED | {"exc_info": "exc_info", "sec_format": "sec_format"},
        ),
        "retry_if_exception": ("retry_if_exception", {"predicate": "predicate"}),
        "retry_if_exception_cause_type": ("retry_if_exception_cause_type", _TYPES),
        "retry_if_exception_message": ("retry_if_exception_message", _TOLD),
        "retry_if_exception_type": ("retry_if_exception_type", _TYPES),
        "retry_if_not_exception_message": ("retry_if_not_exception_message", _TOLD),
        "retry_if_not_exception_type": ("retry_if_not_exception_type", _TYPES),
        "retry_if_not_result": ("retry_if_not_result", {"predicate": "predicate"}),
        "retry_if_result": ("retry_if_result", {"predicate": "predicate"}),
        "stop_after_attempt": ("stop_after_attempt", {"max_attempt_number": "attempts"}),
        "stop_after_delay": ("stop_after_delay", {"max_delay": "delay"}),
        "stop_before_delay": ("stop_before_delay", {"max_delay": "delay"}),
        "wait_exponential": ("wait_exponential", _EXPONENTIAL),
        "wait_exponential_jitter": ("wait_exponential_jitter", _JITTERED),
        "wait_fixed": ("wait_fixed", {"wait": "wait"}),
        "wait_full_jitter": ("wait_random_exponential", _EXPONENTIAL),
        "wait_incrementing": (
            "wait_incrementing",
            {"start": "start", "increment": "increment", "max": "maximum"},
        ),
        "wait_random": ("wait_random", {"min": "minimum", "max": "maximum"}),
        "wait_random_exponential": ("wait_random_exponential", _EXPONENTIAL),
    }
)
COMBINED: Mapping[str, str] = MappingProxyType(
    {
        "retry_all": "all_of",
        "retry_any": "any_of",
        "stop_all": "all_of",
        "stop_any": "any_of",
        "wait_chain": "wait_chain",
        "wait_combine": "wait_combine",
    }
)
FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "stop": "stop_",
        "wait": "wait_",
        "retry": "retry_",
        "before": "before_log",
        "after": "after_log",
        "before_sleep": "before_sleep_log",
        "retry_error_callback": "nothing of tenacity's",
    }
)
EXCEPTIONS = ("RetryError", "TryAgain")
"""What tenacity and the operators have in common, if tenacity is installed."""
NOTHINGS = frozenset({"after_nothing", "before_nothing", "before_sleep_nothing"})
ON_RESULTS = frozenset({"retry_if_result", "retry_if_not_result", "retry_if_not_exception_message"})
SLEEPS: Mapping[bool, frozenset[str]] = MappingProxyType(
    {True: frozenset({"asyncio.sleep"}), False: frozenset({"tenacity.sleep"})}
)
