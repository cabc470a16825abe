"""Put an Rx-backed class in the place of one of asyncio's, or say why not.

The replacement does what the original does, so nobody can tell unless they ask for its type,
look at its private attributes, print it, or hand it to code that may. ``trouble`` follows the
object through the file and finds those; ``type_trouble`` finds the questions about its type that
the file asks; ``type_names`` gives the places that name the type for readers and type checkers.

What the other files of the run do with a module-level object, with an attribute of ours or with
what a private function hands out, ``elsewhere`` has looked up. Whoever else imports them finds
the same members on the replacement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import libcst as cst

from transforms.syntax.origins import canonical
from transforms.syntax.scopes import bound_here, occurrences, parameters, walk
from transforms.syntax.seen_elsewhere import uses_elsewhere
from transforms.syntax.source import Source

_COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
_SCOPES = (cst.FunctionDef, cst.Lambda, cst.ClassDef, cst.Module, *_COMPREHENSIONS)
_Scope = cst.CSTNode

#: Generic types: ``dict[str, AsyncLimiter]`` names a type, ``registry[AsyncLimiter]`` looks up.
_GENERICS = frozenset(
    {"Annotated", "AsyncIterable", "AsyncIterator", "Awaitable", "Callable", "ClassVar"}
    | {"Collection", "ContextVar", "Coroutine", "DefaultDict", "Deque", "Dict", "Final"}
    | {"FrozenSet", "Generic", "Iterable", "Iterator", "List", "Mapping", "MutableMapping"}
    | {"Optional", "OrderedDict", "Required", "NotRequired", "Sequence", "Set", "Tuple", "Union"}
    | {"WeakKeyDictionary", "WeakValueDictionary", "defaultdict", "deque", "dict", "frozenset"}
    | {"list", "set", "tuple"}
)
#: Classes and decorators that check values against annotations at run time.
_CHECKING = frozenset(
    {"BaseModel", "BaseSettings", "SQLModel", "RootModel", "beartype", "register"}
    | {"typechecked", "validate_arguments", "validate_call"}
)
_KEEPS = frozenset({"bool", "callable", "id", "len"})
_PASSES_ON = frozenset({"dict", "enumerate", "iter", "list", "next", "reversed", "set", "tuple"})
_PASSES_ON |= frozenset({"zip", "field", "defaultdict"})
_GIVES_ELEMENTS = frozenset({"copy", "get", "items", "pop", "popitem", "setdefault", "values"})
_TAKES_ELEMENTS = frozenset({"add", "append", "appendleft", "extend", "insert", "setdefault"})
_TAKES_ELEMENTS |= frozenset({"update"})
_GIVES_UP = frozenset({"discard", "remove"})
_CONTAINER_ONLY = frozenset({"clear", "discard", "keys", "remove"})


@dataclass(frozen=True, slots=True)
class DropIn:
    """What takes the place of what.

    ``factory`` is called where ``origin`` was; ``type_name`` is the class behind it, for
    annotations; ``members`` are the attributes that both have. ``escapes`` is the reason to
    give when the object is handed on to where nobody sees what is done with it.
    """

    origin: str
    factory: str
    type_name: str
    members: frozenset[str]
    escapes: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why it cannot be swapped: a reason, and the words to show."""

    reason: str
    detail: str


def trouble(source: Source, drop_in: DropIn, call: cst.Call) -> Trouble | None:
    """What is in the way of swapping the object that ``call`` constructs, if anything is."""
    return _Flow(source, drop_in).follow(call)


def type_trouble(source: Source, drop_in: DropIn) -> Trouble | None:
    """Where the file asks whether something is of the original's type, if it does."""
    for use in _class_uses(source, drop_in):
        if use.role == "asked":
            line = source.span(use.node)[0]
            return Trouble("type-matters", f"line {line}: {_around(source, use.node)}")
    return None


def type_names(source: Source, drop_in: DropIn) -> tuple[cst.BaseExpression, ...]:
    """The nodes that name the original's type in annotations and the like, strings included."""
    return tuple(use.node for use in _class_uses(source, drop_in) if use.role == "type")


def renamed(
    source: Source, drop_in: DropIn, original: cst.CSTNode, updated: cst.CSTNode
) -> cst.BaseExpression:
    """What stands for one of ``type_names`` afterwards."""
    if isinstance(original, cst.SimpleString):
        assert isinstance(updated, cst.SimpleString)
        pattern = _spelled(_spellings(source, drop_in.origin))
        return updated.with_changes(value=pattern.sub(drop_in.type_name, updated.value))
    assert isinstance(updated, cst.Name | cst.Attribute)
    return cst.Name(drop_in.type_name, lpar=updated.lpar, rpar=updated.rpar)


def swapped(drop_in: DropIn, updated: cst.Call) -> cst.Call:
    """The constructor's call as a call of the factory, its arguments as they were."""
    return updated.with_changes(func=cst.Name(drop_in.factory))


# --- what the class is named for -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _ClassUse:
    node: cst.BaseExpression
    role: str
    """``called``, ``type`` (names it), ``asked`` (compares with it), ``other`` (hands it on)."""


def _class_uses(source: Source, drop_in: DropIn) -> Sequence[_ClassUse]:
    origin = drop_in.origin
    return source.once(("uses of a class", origin), lambda: tuple(_find_uses(source, origin)))


def _find_uses(source: Source, origin: str) -> Iterator[_ClassUse]:
    spellings = _spellings(source, origin)
    pattern = _spelled(spellings)
    words = _last_words(source, origin, spellings)
    for node in source.walk(words.isdisjoint):
        if isinstance(node, cst.SimpleString) and pattern.search(node.value):
            if _names_type(source, node):
                yield _ClassUse(node, _type_role(source, node, origin))
        elif (
            isinstance(node, cst.Name | cst.Attribute)
            and _last_word(node) in words
            and _is_class(source, node, origin, spellings)
        ):
            yield _ClassUse(node, _role(source, node, origin))


def _last_words(source: Source, origin: str, spellings: frozenset[str]) -> frozenset[str]:
    """The last words of all that stands for ``origin``: only for these it pays to look closer."""
    ends = (span[2:] for span, found in source.origins.items() if found == origin)
    lines = (source.lines[line - 1].removeprefix("\ufeff")[:column] for line, column in ends)
    texts = (*lines, *spellings)
    return frozenset(word for text in texts for word in re.findall(r"\w+", text)[-1:])


def _is_class(
    source: Source, node: cst.Name | cst.Attribute, origin: str, spellings: frozenset[str]
) -> bool:
    parent = source.parent(node)
    if isinstance(parent, cst.Attribute) and parent.attr is node:
        return False  # a part of a longer name
    found = source.origin(node)
    if found is not None:
        return found == origin
    # ``if TYPE_CHECKING: from aiolimiter import AsyncLimiter`` binds nothing at run time.
    return source.code(node) in spellings and _names_type(source, node)


def _role(source: Source, node: cst.BaseExpression, origin: str) -> str:
    parent = source.parent(node)
    if isinstance(parent, cst.Call) and parent.func is node:
        return "called"
    if isinstance(parent, cst.Attribute | cst.MatchClass | cst.ComparisonTarget | cst.Comparison):
        return "asked"
    if _names_type(source, node):
        return _type_role(source, node, origin)
    if _is_asked(source, node):
        return "asked"
    return "other"


def _type_role(source: Source, node: cst.BaseExpression, origin: str) -> str:
    for ancestor in source.ancestors(node):
        if isinstance(ancestor, cst.Subscript) and _last_word(ancestor.value) in {"type", "Type"}:
            return "asked"
        if isinstance(ancestor, cst.ClassDef | cst.FunctionDef):
            return "asked" if _checks_types(ancestor) else _unless_default(source, node, origin)
    return _unless_default(source, node, origin)


def _unless_default(source: Source, node: cst.BaseExpression, origin: str) -> str:
    """An annotation stays with a default that stays: ``x: T = field(default_factory=T)``."""
    annotated = source.enclosing(node, cst.AnnAssign, cst.Param)
    value = getattr(annotated, "value", None) or getattr(annotated, "default", None)
    if value is None or source.enclosing(node, cst.Annotation) is None:
        return "type"
    stays = any(
        isinstance(each, cst.Name | cst.Attribute)
        and source.origin(each) == origin
        and _role(source, each, origin) == "other"
        for each in walk(value)
    )
    return "other" if stays else "type"


def _checks_types(node: cst.ClassDef | cst.FunctionDef) -> bool:
    named = [decorator.decorator for decorator in node.decorators]
    if isinstance(node, cst.ClassDef):
        named += [base.value for base in node.bases]
    return any(_last_word(each) in _CHECKING for each in named)


def _names_type(source: Source, node: cst.CSTNode) -> bool:
    """Whether ``node`` stands where a type is named: an annotation, ``dict[str, …]``, ``cast``."""
    child = node
    for ancestor in source.ancestors(node):
        match ancestor:
            case cst.Annotation():
                return True
            case cst.SubscriptElement():
                subscript = source.parent(ancestor)
                if not isinstance(subscript, cst.Subscript):
                    return False
                is_metadata = ancestor is not subscript.slice[0]
                word = _last_word(subscript.value)
                if word == "Literal" or (word == "Annotated" and is_metadata):
                    return False
                if word in _GENERICS:
                    return not isinstance(node, cst.SimpleString) or _names_type(source, subscript)
            case cst.Call():
                return _last_word(ancestor.func) == "cast" and ancestor.args[0] is child
            case cst.Arg() if ancestor.keyword is not None and ancestor.keyword.value == "bound":
                call = source.parent(ancestor)
                return isinstance(call, cst.Call) and _last_word(call.func) == "TypeVar"
            case cst.BaseStatement() | cst.BaseSmallStatement() | cst.Lambda():
                return False
        child = ancestor
    return False


def _is_asked(source: Source, node: cst.CSTNode) -> bool:
    """``isinstance(x, T)``, attrs' ``instance_of(T)``, ``class Mine(T)``; one of several, too."""
    for ancestor in source.ancestors(node):
        match ancestor:
            case cst.Call(func=func):
                return _last_word(func) in {"isinstance", "issubclass", "instance_of"}
            case cst.ClassDef():
                return True
            case cst.Arg() | cst.Tuple() | cst.Element() | cst.BinaryOperation():
                continue
            case _:
                return False
    return False


def _spellings(source: Source, origin: str) -> frozenset[str]:
    """How the file's imports spell ``origin``, those for type checkers included."""
    return source.once(("spellings", origin), lambda: _find_spellings(source, origin))


def _find_spellings(source: Source, origin: str) -> frozenset[str]:
    found: set[str] = set()
    needed = {"import", origin.partition(".")[0]}
    for node in source.walk(lambda words: not needed <= words):
        if isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
            module = "" if node.module is None else _dotted(node.module)
            for alias in node.names:
                full = canonical(f"{module}.{_dotted(alias.name)}")
                found |= _spelling(alias, full, origin, not node.relative)
        elif isinstance(node, cst.Import):
            for alias in node.names:
                found |= _spelling(alias, _dotted(alias.name), origin, alias.asname is not None)
    return frozenset(found)


def _spelling(alias: cst.ImportAlias, full: str, origin: str, whole: bool) -> set[str]:
    name = alias.evaluated_alias or _dotted(alias.name)
    bound = full if whole else full.split(".")[0]
    name = name if whole else name.split(".")[0]
    if bound == origin:
        return {name}
    if origin.startswith(f"{bound}."):
        return {name + origin.removeprefix(bound)}
    return set()


def _spelled(spellings: frozenset[str]) -> re.Pattern[str]:
    words = "|".join(sorted(map(re.escape, spellings))) or r"(?!)"
    return re.compile(rf"(?<![\w.])(?:{words})(?!\w)")


# --- where the object goes -----------------------------------------------------------------


@dataclass(slots=True)
class _Flow:
    """Follows one object, and whatever may hold it, from expression to expression.

    It does not tell the object from a container that holds it: both may be handed around
    inside the file, and neither may leave it.
    """

    source: Source
    drop_in: DropIn
    pending: list[cst.CSTNode] = field(default_factory=list)
    seen: set[object] = field(default_factory=set)

    def follow(self, call: cst.Call) -> Trouble | None:
        self.pending.append(call)
        while self.pending:
            node = self.pending.pop()
            if node in self.seen:
                continue
            self.seen.add(node)
            found = self._step(node)
            if found is not None:
                return found
        return None

    def _step(self, node: cst.CSTNode) -> Trouble | None:
        parent = self.source.parent(node)
        match parent:
            case cst.AssignTarget() | cst.Del() | cst.Expr() | cst.WithItem() | cst.Assert():
                return None
            case cst.If() | cst.While() | cst.CompIf() | cst.Comparison() | cst.ComparisonTarget():
                return None
            case cst.UnaryOperation(operator=cst.Not()):
                return None
            case cst.IfExp() if parent.test is node:
                return None
            case cst.AnnAssign() | cst.For() if parent.target is node:
                return None
            case cst.BooleanOperation() | cst.IfExp() | cst.Subscript() | cst.NamedExpr():
                self.pending.append(parent)
                return self._bind(parent.target) if isinstance(parent, cst.NamedExpr) else None
            case cst.DictElement() if parent.key is node:
                return self._escapes(node)
            case cst.Element() | cst.StarredElement() | cst.DictElement():
                return self._on(self.source.parent(parent))
            case cst.ListComp() | cst.SetComp() | cst.GeneratorExp() | cst.DictComp():
                return self._on(parent)
            case cst.Assign():
                return self._first(self._bind(target.target) for target in parent.targets)
            case cst.AnnAssign():
                return self._bind(parent.target)
            case cst.For() | cst.CompFor():
                return self._bind(_element(parent.iter, parent.target))
            case cst.Param():
                return self._bind(parent.name)
            case cst.Attribute():
                return self._member(parent)
            case cst.Arg():
                return self._argument(parent)
            case cst.Return():
                return self._returned(parent)
            case cst.Lambda():
                return self._made_by(parent)
        return self._escapes(node)

    def _on(self, node: cst.CSTNode | None) -> Trouble | None:
        if node is not None:
            self.pending.append(node)
        return None

    def _first(self, found: Iterator[Trouble | None]) -> Trouble | None:
        return next((each for each in found if each is not None), None)

    def _escapes(self, node: cst.CSTNode) -> Trouble:
        line = self.source.span(node)[0]
        return Trouble(self.drop_in.escapes, f"line {line}: {_around(self.source, node)}")

    # names

    def _bind(self, target: cst.CSTNode) -> Trouble | None:
        match target:
            case cst.Name():
                return self._variable(target, _home(self.source, target))
            case cst.Attribute() if self._is_ours(target):
                return self._attribute(target.attr.value)
            case cst.Tuple() | cst.List():
                return self._first(self._bind(element.value) for element in target.elements)
            case cst.Subscript():
                return self._stored_in(target.value)
            case _:
                return self._escapes(target)
        return None

    def _stored_in(self, container: cst.CSTNode) -> Trouble | None:
        while isinstance(container, cst.Subscript):
            container = container.value
        if isinstance(container, cst.Name):
            home = _home(self.source, container)
            if isinstance(home, cst.FunctionDef | cst.Lambda) and any(
                param.name.value == container.value for param in parameters(home)
            ):
                return self._escapes(container)
        return self._bind(container)

    def _is_ours(self, target: cst.Attribute) -> bool:
        """Whether the object belongs to a class of this file: ``self.x``, ``self.limits.x``."""
        if isinstance(target.value, cst.Name) and target.value.value in {"self", "cls"}:
            return True
        return target.attr.value in self.source.once("fields", lambda: _declared(self.source))

    def _variable(self, name: cst.Name, home: _Scope) -> Trouble | None:
        key = (home, name.value)
        if key in self.seen:
            return None
        self.seen.add(key)
        for each in occurrences(home, name.value):
            if each.role == "load" and _home(self.source, each.node) is home:
                self.pending.append(each.node)
        if isinstance(home, cst.ClassDef):
            return self._attribute(name.value)
        return self._elsewhere(name.value) if isinstance(home, cst.Module) else None

    def _attribute(self, name: str) -> Trouble | None:
        if ("attribute", name) in self.seen:
            return None
        self.seen.add(("attribute", name))
        for node in self.source.walk({name}.isdisjoint):
            match node:
                case cst.Attribute(attr=cst.Name(value=found)) if found == name:
                    self.pending.append(node)
                case cst.Call(
                    func=cst.Name(value="getattr"),
                    args=[_, cst.Arg(value=cst.SimpleString() as word), *_],
                ) if word.raw_value == name:
                    self.pending.append(node)
        return self._elsewhere(name)

    def _elsewhere(self, name: str, called: bool = False) -> Trouble | None:
        """What other files do that would tell the replacement from the original."""
        uses = uses_elsewhere(self.source, name)
        if uses is None:
            return Trouble(self.drop_in.escapes, f"nobody has looked for `{name}` in other files")
        for use in uses:
            if use.called is called and use.what == "member":
                if use.member not in self.drop_in.members:
                    return Trouble("private-member", str(use))
            elif use.called is called and use.what == "handed-on":
                return Trouble(self.drop_in.escapes, str(use))
        return None

    # what is done with it

    def _member(self, node: cst.Attribute) -> Trouble | None:
        name = node.attr.value
        if name in self.drop_in.members or name in _CONTAINER_ONLY:
            return None
        parent = self.source.parent(node)
        if isinstance(parent, cst.Call) and parent.func is node:
            if name in _GIVES_ELEMENTS:
                self.pending.append(parent)
            if name in _GIVES_ELEMENTS | _TAKES_ELEMENTS:
                return None
        line = self.source.span(node)[0]
        return Trouble("private-member", f"line {line}: {self.source.code(node)}")

    def _argument(self, arg: cst.Arg) -> Trouble | None:
        call = self.source.parent(arg)
        if not isinstance(call, cst.Call):
            return self._escapes(arg)  # a class's base or keyword
        name = _last_word(call.func)
        match call.func:
            case cst.Attribute(attr=cst.Name(value="enter_async_context")):
                return None
            case cst.Attribute() if name in _TAKES_ELEMENTS | _GIVES_UP:
                if name == "setdefault":
                    self.pending.append(call)
                return self._stored_in(call.func.value)
            case cst.Attribute(value=cst.Name(value="self" | "cls")):
                return self._parameter(arg, call, self._method(call, name), skip=1)
            case cst.Attribute() if name in {"get", "pop"} and len(call.args) == 2:
                return self._on(call)  # what it gives where there is no such key
            case cst.Name() if (callee := _definition(self.source, name)) is not None:
                return self._passed_to(arg, call, callee)
        if name in _PASSES_ON and _definition(self.source, name) is None:
            return self._on(call)
        return None if name in _KEEPS and isinstance(call.func, cst.Name) else self._escapes(arg)

    def _method(self, call: cst.Call, name: str) -> cst.FunctionDef | None:
        inside = self.source.enclosing(call, cst.ClassDef)
        return None if inside is None else _method(inside, name)

    def _passed_to(
        self, arg: cst.Arg, call: cst.Call, callee: cst.FunctionDef | cst.ClassDef
    ) -> Trouble | None:
        if isinstance(callee, cst.FunctionDef):
            return self._parameter(arg, call, callee, skip=0)
        init = _method(callee, "__init__")
        if init is not None:
            return self._parameter(arg, call, init, skip=1)
        fields = _fields(callee)
        if arg.keyword is not None and arg.keyword.value in fields:
            return self._attribute(arg.keyword.value)
        position = _position(arg, call)
        if position is None or position >= len(fields):
            return self._escapes(arg)
        return self._attribute(fields[position])

    def _parameter(
        self, arg: cst.Arg, call: cst.Call, function: cst.FunctionDef | None, skip: int
    ) -> Trouble | None:
        if function is None:
            return self._escapes(arg)
        static = {_last_word(each.decorator) for each in function.decorators}
        skip = 0 if "staticmethod" in static else skip
        params = function.params
        plain = [*params.posonly_params, *params.params][skip:]
        named = {each.name.value: each for each in (*plain, *params.kwonly_params)}
        if arg.keyword is not None:
            param = named.get(arg.keyword.value)
        else:
            position = _position(arg, call)
            inside = position is not None and position < len(plain)
            param = plain[position] if position is not None and inside else None
        if param is None:
            return self._escapes(arg)
        return self._variable(param.name, function)

    def _returned(self, statement: cst.Return) -> Trouble | None:
        """A private function is followed to its callers; a property is as an attribute."""
        function = self.source.function(statement)
        if not isinstance(function, cst.FunctionDef):
            return self._escapes(statement)
        name = function.name.value
        is_property = any(
            _last_word(each.decorator) in {"property", "cached_property"}
            for each in function.decorators
        )
        if not is_property and not _is_private(function):
            return self._escapes(statement)
        for node in self.source.walk({name}.isdisjoint):
            match node:
                case cst.Attribute(attr=cst.Name(value=found)) if found == name:
                    result = node if is_property else self._called(node)
                case cst.Name(value=found) if found == name and self._is_loaded(node):
                    result = self._called(node)
                case _:
                    continue
            if result is None:
                return self._escapes(node)
            self.pending.append(result)
        return self._elsewhere(name, called=not is_property)

    def _called(self, node: cst.CSTNode) -> cst.CSTNode | None:
        call = self.source.parent(node)
        if not (isinstance(call, cst.Call) and call.func is node):
            return None
        awaited = self.source.parent(call)
        return awaited if isinstance(awaited, cst.Await) else call

    def _is_loaded(self, node: cst.CSTNode) -> bool:
        parent = self.source.parent(node)
        is_keyword = isinstance(parent, cst.Arg) and parent.keyword is node
        return not is_keyword and not isinstance(parent, cst.FunctionDef | cst.Attribute)

    def _made_by(self, function: cst.Lambda) -> Trouble | None:
        """``field(default_factory=lambda: …)`` and ``defaultdict(lambda: …)``."""
        argument = self.source.parent(function)
        call = self.source.parent(argument) if isinstance(argument, cst.Arg) else None
        factories = {"field", "defaultdict", "ib", "attrib", "Factory"}
        if not isinstance(call, cst.Call) or _last_word(call.func) not in factories:
            return self._escapes(function)
        self.pending.append(call)
        return None


def _declared(source: Source) -> frozenset[str]:
    """The fields that the file's class bodies declare."""
    classes = source.walk({"class"}.isdisjoint)
    return frozenset(
        name for node in classes if isinstance(node, cst.ClassDef) for name in _class_names(node)
    )


def _definition(source: Source, name: str) -> cst.FunctionDef | cst.ClassDef | None:
    """The function or class of this name; None where there is none, or more than one."""
    found = [
        node
        for node in source.walk({name}.isdisjoint)
        if isinstance(node, cst.FunctionDef | cst.ClassDef) and node.name.value == name
    ]
    return found[0] if len(found) == 1 else None


# --- small questions -----------------------------------------------------------------------


def _home(source: Source, name: cst.Name) -> _Scope:
    """The scope whose variable ``name`` is, as seen from where it stands."""
    child: cst.CSTNode = name
    innermost = True
    for scope in source.ancestors(name):
        if isinstance(scope, cst.Module):
            return scope
        if isinstance(scope, cst.FunctionDef | cst.Lambda):
            # Decorators, defaults and annotations run outside, names of parameters do not.
            inside = child is scope.body or any(name is each.name for each in parameters(scope))
            if inside and name.value in _own_names(scope):
                return scope
            innermost = innermost and not inside
        elif isinstance(scope, cst.ClassDef):
            if innermost and child is scope.body and name.value in _class_names(scope):
                return scope
            innermost = False
        elif isinstance(scope, _COMPREHENSIONS) and name.value in _targets(scope):
            return scope
        child = scope
    return source.module


def _own_names(scope: cst.FunctionDef | cst.Lambda) -> frozenset[str]:
    """The function's local variables, less those that ``global`` or ``nonlocal`` takes."""
    own = {scope.name.value} if isinstance(scope, cst.FunctionDef) else set()
    elsewhere = {
        item.name.value
        for node in walk(scope.body, inner_functions=False)
        if isinstance(node, cst.Global | cst.Nonlocal)
        for item in node.names
    }
    return bound_here(scope) - own - elsewhere


def _class_names(scope: cst.ClassDef) -> frozenset[str]:
    return frozenset().union(
        *(
            bound_here(statement)
            for statement in scope.body.body
            if not isinstance(statement, cst.FunctionDef | cst.ClassDef)
        )
    )


def _targets(comprehension: cst.CSTNode) -> frozenset[str]:
    assert isinstance(comprehension, _COMPREHENSIONS)
    found: set[str] = set()
    clause: cst.CompFor | None = comprehension.for_in
    while clause is not None:
        found |= {each.value for each in walk(clause.target) if isinstance(each, cst.Name)}
        clause = clause.inner_for_in
    return frozenset(found)


def _method(inside: cst.ClassDef, name: str) -> cst.FunctionDef | None:
    for statement in inside.body.body:
        if isinstance(statement, cst.FunctionDef) and statement.name.value == name:
            return statement
    return None


def _fields(inside: cst.ClassDef) -> tuple[str, ...]:
    """The fields of a dataclass or of a named tuple, in their order."""
    marks = {_last_word(each.decorator) for each in inside.decorators}
    marks |= {_last_word(each.value) for each in inside.bases}
    if not marks & {"dataclass", "define", "frozen", "mutable", "s", "attrs", "NamedTuple"}:
        return ()
    return tuple(
        small.target.value
        for line in inside.body.body
        if isinstance(line, cst.SimpleStatementLine)
        for small in line.body
        if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name)
    )


def _position(arg: cst.Arg, call: cst.Call) -> int | None:
    """The place of a positional argument; None where a ``*`` makes it uncertain."""
    for index, each in enumerate(call.args):
        if each.star or each.keyword is not None:
            return None
        if each is arg:
            return index
    return None


def _element(iterable: cst.BaseExpression, target: cst.CSTNode) -> cst.CSTNode:
    """What of the target can be the object: ``for key, x in xs.items()``, ``for i, x in …``."""
    match iterable, target:
        case (
            cst.Call(
                func=cst.Attribute(attr=cst.Name(value="items")) | cst.Name(value="enumerate")
            ),
            cst.Tuple(elements=[_, cst.Element(value=value)]),
        ):
            return value
    return target


def _is_private(function: cst.FunctionDef) -> bool:
    name = function.name.value
    return name.startswith("_") and not name.endswith("__")


def _last_word(node: cst.CSTNode) -> str:
    """``collections.defaultdict(…)`` -> ``defaultdict``."""
    while isinstance(node, cst.Call | cst.Subscript):
        node = node.func if isinstance(node, cst.Call) else node.value
    return _dotted(node).rpartition(".")[2]


def _dotted(node: cst.CSTNode) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


def _around(source: Source, node: cst.CSTNode) -> str:
    """The line of code that ``node`` stands in."""
    return source.lines[source.span(node)[0] - 1].strip()
