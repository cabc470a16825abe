"""What functions that tenacity calls with its state of a call read of it."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from transforms.syntax.scopes import occurrences, parameters
from transforms.syntax.source import Source
from transforms.syntax.stability import function_called

_Function = cst.FunctionDef | cst.Lambda

#: The members of ``tenacity.RetryCallState`` that ``RetryState`` has as well.
OFFERED = frozenset(
    {"args", "attempt_number", "fn", "get_fn_name", "idle_for", "kwargs", "next_action", "outcome"}
    | {"outcome_timestamp", "seconds_since_start", "start_time", "upcoming_sleep"}
)
_LOGS = frozenset({"tenacity.before_log", "tenacity.after_log", "tenacity.before_sleep_log"})


@dataclass(frozen=True, eq=False)
class StateFunctions:
    """The functions of one file that are called with a state."""

    source: Source

    def missing(self, node: cst.BaseExpression) -> str | None:
        """What the function reads that the new state does not have; empty if nothing.

        None: the function is not known.
        """
        function = self.function(node)
        if function is None:
            return None
        parameter = self._state_of(function, is_method=isinstance(node, cst.Attribute))
        if parameter is None:
            return None
        for each in occurrences(function.body, parameter.name.value):
            found = self._missing_at(each.node) if each.role == "load" else "is bound anew"
            if found:
                return found
        return ""

    def function(self, node: cst.BaseExpression) -> _Function | None:
        if isinstance(node, cst.Lambda):
            return node
        return function_called(self.source, node)

    def annotation(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """Where the function says that its parameter is a ``RetryCallState``."""
        function = self.function(node)
        is_method = isinstance(node, cst.Attribute)
        parameter = self._state_of(function, is_method=is_method) if function is not None else None
        if parameter is None or parameter.annotation is None:
            return None
        annotation = parameter.annotation.annotation
        is_quoted = isinstance(annotation, cst.SimpleString) and _is_quoted_type(annotation)
        is_named = self.source.origin(annotation) == "tenacity.RetryCallState"
        return annotation if is_quoted or is_named else None

    def _state_of(self, function: _Function, *, is_method: bool) -> cst.Param | None:
        """The parameter that is the state: the first, and all others have defaults."""
        params = function.params
        positional = [*params.posonly_params, *params.params][1 if is_method else 0 :]
        needed = [each for each in (*positional[1:], *params.kwonly_params) if not each.default]
        if not positional or needed or positional[0] not in parameters(function):
            return None
        return positional[0]

    def _is_target(self, node: cst.Attribute) -> bool:
        match self.source.parent(node):
            case cst.AssignTarget() | cst.Del() | cst.Element():
                return True
            case (
                cst.AugAssign(target=target) | cst.AnnAssign(target=target) | cst.For(target=target)
            ):
                return target is node
        return False

    def _missing_at(self, name: cst.Name) -> str:
        parent = self.source.parent(name)
        match parent:
            case cst.Attribute(value=value, attr=attr) if value is name:
                is_read = not self._is_target(parent)
                return "" if attr.value in OFFERED and is_read else attr.value
            case cst.Arg():
                call = self.source.parent(parent)
                if isinstance(call, cst.Call) and self.source.called(call.func) in _LOGS:
                    return ""  # `before_sleep_log(…)(state)` reads what there is
        return f"line {self.source.span(name)[0]}"


def _is_quoted_type(node: cst.SimpleString) -> bool:
    return node.value[1:-1] in ("RetryCallState", "tenacity.RetryCallState")
