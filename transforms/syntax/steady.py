"""What stays as it is while a function waits: a collection it iterates over, a number it reads.

A loop with an ``await`` in it reads both again in each round; a pipeline reads them once. That is
the same where nobody can change them in between. What this file does is seen; of what others may
do, two things are taken as promises. A parameter that is annotated as a collection and only read
here is not changed by the caller, who waits for this very function. An attribute that the file
sets in ``__init__`` alone, or never, is a setting, and nobody sets it from outside meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from transforms.syntax.constants import number
from transforms.syntax.scopes import Occurrence, contains, occurrences, parameters
from transforms.syntax.source import Source
from transforms.syntax.stability import is_bound_once, only_binding

_FRESH = frozenset({"dict", "frozenset", "list", "set", "sorted", "tuple"})
_COLLECTIONS = frozenset(
    {"Collection", "FrozenSet", "List", "Sequence", "Set", "Tuple"}
    | {"frozenset", "list", "set", "tuple"}
)
_READERS = frozenset(
    {"all", "any", "bool", "enumerate", "filter", "frozenset", "iter", "len", "list", "map", "max"}
    | {"min", "print", "range", "repr", "reversed", "set", "sorted", "str", "sum", "tuple", "zip"}
)
_READING_METHODS = frozenset({"copy", "count", "index"})
_FILLING_METHODS = frozenset({"append", "extend", "insert", "sort", "reverse", "add", "update"})
_LOGGERS = frozenset({"log", "logger", "logging", "_log", "_logger", "LOG", "LOGGER"})


# --- collections ---------------------------------------------------------------------------


def keeps_its_items(source: Source, node: cst.BaseExpression, loop: cst.For | cst.While) -> bool:
    """Whether ``node``, what ``loop`` iterates over, gives the same items now and later."""
    if contains(node, cst.Await, cst.Yield, cst.NamedExpr):
        return False
    match node:
        case cst.List() | cst.Tuple() | cst.Set() | cst.ListComp() | cst.SetComp():
            return True
        case cst.Call(func=cst.Name(value=name)) if name in _FRESH | {"range"}:
            return _is_builtin(source, name)
        case cst.Subscript(value=cst.Name() as whole) if _is_slice(node):
            return _is_list(source, whole, loop)
        case cst.Name():
            return _is_list(source, node, loop) and _is_only_read(source, node, loop)
    return False


def _is_builtin(source: Source, name: str) -> bool:
    return all(each.role == "load" for each in occurrences(source.module, name))


def _is_slice(node: cst.Subscript) -> bool:
    return all(isinstance(each.slice, cst.Slice) for each in node.slice)


def _is_list(source: Source, name: cst.Name, loop: cst.For | cst.While) -> bool:
    """Whether the variable is a collection for sure: made as one, or annotated as one."""
    binding = _settled(source, name, loop)
    if binding is None:
        return False
    holder = _holder(source, binding)
    annotation = getattr(holder, "annotation", None)
    if annotation is not None:
        return _last_word(annotation.annotation) in _COLLECTIONS
    value = getattr(holder, "value", None)
    match value:
        case cst.List() | cst.Tuple() | cst.Set() | cst.ListComp() | cst.SetComp():
            return True
        case cst.Call(func=cst.Name(value=word)):
            return word in _FRESH and _is_builtin(source, word)
    return False


def _settled(source: Source, name: cst.Name, loop: cst.For | cst.While) -> Occurrence | None:
    """What binds the variable, if one place does, above ``loop``, whenever that is reached."""
    binding = only_binding(source, name)
    if binding is None or binding.role in {"parameter", "import"}:
        return binding
    if source.function(binding.node) is not source.function(loop):
        return binding if is_bound_once(source, name) else None
    statement = source.statement(binding.node)
    if not isinstance(statement, cst.SimpleStatementLine):
        return None
    is_above = source.span(statement) < source.span(loop)
    return binding if is_above and source.parent(statement) in set(source.ancestors(loop)) else None


def _holder(source: Source, binding: Occurrence) -> cst.CSTNode | None:
    holder = source.parent(binding.node)
    return source.parent(holder) if isinstance(holder, cst.AssignTarget) else holder


def _is_only_read(source: Source, name: cst.Name, loop: cst.For | cst.While) -> bool:
    """Whether nothing that happens while ``loop`` runs can reach the collection to change it."""
    binding = only_binding(source, name)
    function = source.function(loop)
    assert binding is not None
    if function is None or source.function(binding.node) is not function:
        return isinstance(getattr(_holder(source, binding), "value", None), cst.Tuple)
    is_parameter = binding.role == "parameter"
    if is_parameter and not _is_given_freely(source, function, name.value):
        return False
    return all(
        _reads(source, each.node)
        or _comes_after(source, each.node, loop)
        or (not is_parameter and _fills(source, each.node, loop))
        for each in occurrences(function, name.value)
        if each.role == "load"
    )


def _comes_after(source: Source, node: cst.CSTNode, loop: cst.For | cst.While) -> bool:
    """Whether ``node`` only runs when ``loop`` is over for good."""
    for ancestor in source.ancestors(loop):
        if isinstance(ancestor, cst.For | cst.While):
            return False
        if isinstance(ancestor, cst.FunctionDef | cst.Lambda):
            break
    return source.span(node)[:2] > source.span(loop)[2:]


def _is_given_freely(
    source: Source, function: cst.FunctionDef | cst.Lambda, parameter: str
) -> bool:
    """Whether no call in this file gives the function something that is shared: ``self.rows``."""
    if not isinstance(function, cst.FunctionDef):
        return False
    params = [each.name.value for each in parameters(function)]
    for node in source.walk({function.name.value}.isdisjoint):
        if not isinstance(node, cst.Call) or _last_word(node.func) != function.name.value:
            continue
        is_method = params[:1] in (["self"], ["cls"]) and isinstance(node.func, cst.Attribute)
        place = params.index(parameter) - is_method
        for index, arg in enumerate(node.args):
            is_it = arg.keyword.value == parameter if arg.keyword else index == place
            if (is_it or arg.star) and isinstance(arg.value, cst.Attribute):
                return False
    return True


def _reads(source: Source, name: cst.Name) -> bool:
    """Whether this use of the variable leaves the collection alone and hands it to nobody."""
    parent = source.parent(name)
    match parent:
        case cst.For() | cst.CompFor():
            return parent.iter is name
        case cst.Subscript():
            holder = source.parent(parent)
            return not isinstance(holder, cst.AssignTarget | cst.AugAssign | cst.Del)
        case cst.If() | cst.While() | cst.IfExp() | cst.Comparison() | cst.ComparisonTarget():
            return True
        case cst.UnaryOperation() | cst.BinaryOperation() | cst.FormattedStringExpression():
            return True
        case cst.Return():
            return True
        case cst.Attribute(attr=attr):
            return attr.value in _READING_METHODS
        case cst.Arg():
            call = source.parent(parent)
            return isinstance(call, cst.Call) and _only_looks(source, call.func)
    return False


def _only_looks(source: Source, func: cst.BaseExpression) -> bool:
    match func:
        case cst.Name(value=name):
            return name in _READERS and _is_builtin(source, name)
        case cst.Attribute(value=cst.Name(value=name)):
            return name in _LOGGERS
        case cst.Attribute(value=cst.Attribute(attr=cst.Name(value=name))):
            return name in _LOGGERS
    return False


def _fills(source: Source, name: cst.Name, loop: cst.For | cst.While) -> bool:
    """``rows.append(…)`` above the loop, in the same function."""
    member = source.parent(name)
    if not isinstance(member, cst.Attribute) or member.attr.value not in _FILLING_METHODS:
        return False
    is_here = source.function(name) is source.function(loop)
    return is_here and source.span(name) < source.span(loop)


# --- numbers -------------------------------------------------------------------------------


def keeps_its_value(source: Source, node: cst.BaseExpression, loop: cst.For | cst.While) -> bool:
    """Whether ``node`` is the same number in each round of ``loop``; reading it cannot fail."""
    if number(node) is not None:
        return True
    match node:
        case cst.Name():
            return _is_steady_variable(source, node, loop)
        case cst.Attribute():
            return _is_setting(source, node, loop)
        case cst.BinaryOperation(operator=cst.Divide(), left=left, right=right):
            return bool(number(right)) and keeps_its_value(source, left, loop)
        case cst.BinaryOperation(operator=operator, left=left, right=right):
            is_safe = isinstance(operator, cst.Add | cst.Subtract | cst.Multiply)
            return (
                is_safe
                and keeps_its_value(source, left, loop)
                and keeps_its_value(source, right, loop)
            )
        case cst.Call(func=cst.Name(value="float" | "int" as name), args=[cst.Arg(star="") as arg]):
            return _is_builtin(source, name) and keeps_its_value(source, arg.value, loop)
    return False


def _is_steady_variable(source: Source, name: cst.Name, loop: cst.For | cst.While) -> bool:
    binding = _settled(source, name, loop)
    if binding is None:
        return False
    if binding.role == "import":
        return True
    holder = _holder(source, binding)
    if binding.role == "parameter":
        assert isinstance(holder, cst.Param)
        return _is_number(holder)
    value = getattr(holder, "value", None)
    return value is not None and keeps_its_value(source, value, loop)


def _is_number(param: cst.Param) -> bool:
    """Whether the parameter is a number, as far as its annotation or its default says."""
    if param.annotation is not None:
        return _last_word(param.annotation.annotation) in {"float", "int"}
    return param.default is not None and number(param.default) is not None


def _is_setting(source: Source, node: cst.Attribute, loop: cst.For | cst.While) -> bool:
    """``self._delay``, ``self._settings.delay``, ``settings.delay``: set at first, then read."""
    names: list[str] = []
    root: cst.BaseExpression = node
    while isinstance(root, cst.Attribute):
        names.insert(0, root.attr.value)
        root = root.value
    if not isinstance(root, cst.Name):
        return False
    if root.value in {"self", "cls"}:
        return _is_set_first(source, node, names[0]) and not _is_set(source, names[1:])
    binding = _settled(source, root, loop)
    if binding is None or _is_set(source, names):
        return False
    if binding.role == "import":
        return True
    holder = _holder(source, binding)
    annotation = getattr(holder, "annotation", None)
    return annotation is not None and not _may_be_none(source, annotation)


def is_settled_attribute(source: Source, node: cst.Attribute) -> bool:
    """Whether it is ``self.x`` or ``settings.x.y``, and nothing in the file sets it later on."""
    names: list[str] = []
    root: cst.BaseExpression = node
    while isinstance(root, cst.Attribute):
        names.insert(0, root.attr.value)
        root = root.value
    if not isinstance(root, cst.Name):
        return False
    if root.value in {"self", "cls"}:
        return bool(_settings(source, node, names[0])) and not _is_set(source, names[1:])
    binding = only_binding(source, root)
    return binding is not None and binding.role == "import" and not _is_set(source, names)


def _is_set_first(source: Source, node: cst.Attribute, name: str) -> bool:
    """Whether ``_settings`` give a number for sure."""
    found = _settings(source, node, name)
    return bool(found) and not any(_gives_none(source, each) for each in found)


def _settings(source: Source, node: cst.Attribute, name: str) -> tuple[cst.CSTNode | None, ...]:
    """Where the class sets the attribute, in its body or in ``__init__``.

    None if others set it, too.
    """
    inside = source.enclosing(node, cst.ClassDef)
    stores = tuple(_stores(source, name))
    if inside is None or any(not _in_init(source, each, inside) for each in stores):
        return ()
    fields = [
        each
        for line in inside.body.body
        if isinstance(line, cst.SimpleStatementLine)
        for each in line.body
        if isinstance(each, cst.Assign | cst.AnnAssign) and name in _targets(each)
    ]
    if any(_is_property(each.value) for each in fields):
        return ()
    return (*fields, *map(source.parent, stores))


def _is_property(value: cst.CSTNode | None) -> bool:
    """``property(…)``: reading the attribute calls a function."""
    return isinstance(value, cst.Call) and "property" in _last_word(value.func)


def _stores(source: Source, name: str) -> Iterator[cst.CSTNode]:
    """The places that set an attribute of this name on anything."""
    for node in source.walk({name, "setattr"}.isdisjoint):
        if isinstance(node, cst.Attribute) and node.attr.value == name:
            parent = source.parent(node)
            match parent:
                case cst.AssignTarget() | cst.Del():
                    yield parent
                case cst.AnnAssign() | cst.AugAssign() | cst.For() if parent.target is node:
                    yield node
                case cst.Element() | cst.AsName():
                    yield parent
        elif isinstance(node, cst.Call) and _last_word(node.func) == "setattr":
            yield node


def _is_set(source: Source, names: list[str]) -> bool:
    return any(True for name in names for _ in _stores(source, name))


def _in_init(source: Source, node: cst.CSTNode, inside: cst.ClassDef) -> bool:
    function = source.function(node)
    is_init = isinstance(function, cst.FunctionDef) and function.name.value in {
        "__init__",
        "__post_init__",
    }
    return is_init and function is not None and source.parent(function) is inside.body


def _targets(statement: cst.Assign | cst.AnnAssign) -> frozenset[str]:
    if isinstance(statement, cst.AnnAssign):
        targets: tuple[cst.CSTNode, ...] = (statement.target,)
    else:
        targets = tuple(each.target for each in statement.targets)
    return frozenset(each.value for each in targets if isinstance(each, cst.Name))


def _gives_none(source: Source, statement: cst.CSTNode | None) -> bool:
    """Whether the assignment may give None, as far as can be seen."""
    annotation = getattr(statement, "annotation", None)
    if annotation is not None and _may_be_none(source, annotation):
        return True
    value = getattr(statement, "value", None)
    if isinstance(value, cst.Name):
        binding = only_binding(source, value)
        param = source.parent(binding.node) if binding is not None else None
        if isinstance(param, cst.Param) and param.annotation is not None:
            return _may_be_none(source, param.annotation)
    return isinstance(value, cst.Name) and value.value == "None"


def _may_be_none(source: Source, annotation: cst.Annotation) -> bool:
    text = source.code(annotation.annotation)
    return "None" in text or "Optional" in text


def _last_word(node: cst.CSTNode) -> str:
    """``collections.abc.Sequence[str]`` -> ``Sequence``; the same in quotes."""
    if isinstance(node, cst.SimpleString):
        return node.raw_value.partition("[")[0].rpartition(".")[2]
    while isinstance(node, cst.Subscript):
        node = node.value
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""
