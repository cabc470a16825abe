"""tenacity's options as a ``RetryPolicy`` of the vendored operators, one by one.

Strategies (``stop_after_attempt(3) | stop_after_delay(60)``) become those of the operators module,
with its parameter names. Functions of the file that tenacity calls with its state are kept, if the
state that they will be called with has all that they read. Whatever is none of these is a
``Trouble`` with the option's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import libcst as cst

from transforms.rule import Primitive
from transforms.syntax.comments import commented, plain_or_as_it_is
from transforms.syntax.layout import Call, Comprehension, Item, Listed, Prefixed
from transforms.syntax.pieces import one_line
from transforms.syntax.retry_callbacks import StateFunctions
from transforms.syntax.retry_options import (
    COMBINED,
    EXCEPTIONS,
    FACTORIES,
    FAMILIES,
    NOTHINGS,
    ON_RESULTS,
    SLEEPS,
)
from transforms.syntax.scopes import is_local, occurrences
from transforms.syntax.source import Source
from transforms.syntax.stability import only_binding


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a policy cannot be translated. ``reason`` is a key of ``REASONS``."""

    reason: str
    detail: str = ""


class _UntranslatedError(Exception):
    """Leads out of a translation."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.trouble = Trouble(reason, detail)


@dataclass(frozen=True, kw_only=True, eq=False)
class Policy:
    """A translated policy."""

    item: Item
    """``RetryPolicy(…)``."""
    operators: frozenset[str]
    edits: Mapping[cst.BaseExpression, Item]
    """What else changes: the values of variables that hold strategies."""
    replaced: frozenset[str]
    """Names imported from tenacity that mean the operators' of the same name from then on."""
    needs: frozenset[Primitive]
    """Other primitives that use the same names or variables."""
    asks_about_results: bool
    """Whether ``retry`` may repeat an attempt that raised nothing."""
    has_callback: bool
    """Whether a value may stand for the last error."""


def translated(
    source: Source,
    call: cst.BaseExpression,
    *,
    is_async: bool | None,
    is_block: bool,
) -> Policy | Trouble:
    """The policy that ``@call`` or ``for attempt in call`` stands for.

    Args:
        call: ``retry(…)``, ``retry`` alone, ``AsyncRetrying(…)`` or ``Retrying(…)``.
        is_async: whether a coroutine is retried; None: that is not known.
        is_block: whether it is the policy of a loop, which may have a ``name``.
    """
    try:
        return _Translation(source, call, is_async, is_block).policy()
    except _UntranslatedError as error:
        return error.trouble


@dataclass(eq=False)
class _Translation:
    """One policy on its way. Methods raise for what they cannot translate."""

    source: Source
    call: cst.BaseExpression
    is_async: bool | None
    is_block: bool
    operators: set[str] = field(default_factory=lambda: {"RetryPolicy"})
    edits: dict[cst.BaseExpression, Item] = field(default_factory=dict)
    needs: set[Primitive] = field(default_factory=set)
    followed: set[cst.BaseExpression] = field(default_factory=set)
    asks_about_results: bool = False
    option: str = ""

    def policy(self) -> Policy:
        args = self.call.args if isinstance(self.call, cst.Call) else ()
        given: dict[str, cst.Arg] = {}
        for arg in args:
            if arg.keyword is None or arg.keyword.value in given:
                raise _UntranslatedError("arguments-unclear", one_line(self.source, arg))
            given[arg.keyword.value] = arg
        laid = [self._option(name, arg) for name, arg in given.items()]
        opening = ""
        if isinstance(self.call, cst.Call):
            opening, laid = commented(self.call, laid)
        callback = given.get("retry_error_callback")
        replaced = self._replaced()
        return Policy(
            item=Call("RetryPolicy", tuple(laid), opening),
            operators=frozenset(self.operators),
            edits=self.edits,
            replaced=replaced,
            needs=frozenset(self.needs),
            asks_about_results=self.asks_about_results,
            has_callback=callback is not None and not _is_none(callback.value),
        )

    # options

    def _option(self, name: str, arg: cst.Arg) -> Item:
        self.option, value = name, arg.value
        if name in FAMILIES:
            return Prefixed(f"{name}=", self._strategy(value))
        if name == "sleep":
            self._check_sleep(value)
        elif name == "name":
            if not self.is_block or not isinstance(value, cst.SimpleString):
                raise _UntranslatedError("option-untranslated", name)
        elif name != "reraise":
            raise _UntranslatedError("option-untranslated", name)
        return Prefixed(f"{name}=", plain_or_as_it_is(self.source, value))

    def _check_sleep(self, value: cst.BaseExpression) -> None:
        if self.is_async is not None and self.source.origin(value) in SLEEPS[self.is_async]:
            return
        if self.is_async is not False or not _is_time_sleep(self.source, value):
            raise _UntranslatedError("option-untranslated", "sleep")

    # strategies

    def _strategy(self, node: cst.BaseExpression) -> Item:
        match node:
            case cst.Call():
                return self._made(node)
            case cst.BinaryOperation():
                return self._joined(node)
            case cst.IfExp():
                choice = (
                    f"if {one_line(self.source, node.test)}",
                    Prefixed("else ", self._strategy(node.orelse)),
                )
                brackets = "()" if node.lpar else ""
                return Comprehension(self._strategy(node.body), choice, brackets)
            case cst.Name() | cst.Attribute() | cst.Lambda():
                return self._named(node)
        raise self._unclear(node)

    def _named(self, node: cst.Name | cst.Attribute | cst.Lambda) -> Item:
        name = self._name_of(node)
        if name == "stop_never" and self.option == "stop":
            return self._ours("stop_never")
        if name in NOTHINGS or _is_none(node):
            if self.option in ("stop", "wait", "retry"):
                raise _UntranslatedError("option-untranslated", f"{self.option}=None")
            return "None"
        if name is not None:
            raise _UntranslatedError("option-untranslated", name)
        if isinstance(node, cst.Name) and (value := self._held(node)) is not None:
            self._follow(node, value)
            return node.value
        functions = StateFunctions(self.source)
        member = functions.missing(node)
        if member is None:
            raise self._unclear(node)
        if member:
            raise _UntranslatedError("state-member", f"{self.option}: {member}")
        if self.option == "retry":
            self.asks_about_results = True
        self._rename_type(functions, node)
        return plain_or_as_it_is(self.source, node)

    def _rename_type(self, functions: StateFunctions, node: cst.BaseExpression) -> None:
        """Let the function's parameter say what it will be given, if only policies call it."""
        annotation = functions.annotation(node)
        if annotation is not None and all(map(self._is_policy, self._uses(node))):
            quote = annotation.value[0] if isinstance(annotation, cst.SimpleString) else ""
            self.edits[annotation] = f"{quote}{self._ours('RetryState')}{quote}"

    def _uses(self, node: cst.BaseExpression) -> Iterator[cst.CSTNode]:
        """Where the file names the function, or a method of this name."""
        if isinstance(node, cst.Name):
            uses = occurrences(self.source.module, node.value)
            yield from (each.node for each in uses if each.role == "load")
        elif isinstance(node, cst.Attribute):
            name = node.attr.value
            for each in self.source.walk({name}.isdisjoint):
                if isinstance(each, cst.Attribute) and each.attr.value == name:
                    yield each

    def _made(self, call: cst.Call) -> Item:
        """``wait_fixed(3)`` and the like."""
        name = self._name_of(call.func)
        if name is None:
            raise self._unclear(call)
        if not name.startswith(FAMILIES[self.option]):
            raise _UntranslatedError("option-untranslated", name)
        if name == "wait_none" and not call.args:
            return Call(self._ours("wait_fixed"), ("0",))
        if name in COMBINED:
            return self._combined(call, COMBINED[name])
        if name not in FACTORIES:
            raise _UntranslatedError("option-untranslated", name)
        self.asks_about_results |= name in ON_RESULTS
        ours, parameters = FACTORIES[name]
        keywords = self._keywords(call, name, parameters)
        items: list[Item] = []
        for arg, keyword in zip(call.args, keywords, strict=True):
            value = plain_or_as_it_is(self.source, arg.value)
            items.append(Prefixed(f"{keyword}=", value) if keyword else value)
        opening, items = commented(call, items)
        return Call(self._ours(ours), tuple(items), opening)

    def _keywords(self, call: cst.Call, name: str, parameters: Mapping[str, str]) -> Sequence[str]:
        """For each argument our keyword, or nothing where it is positional."""
        order, found = list(parameters), list[str]()
        given = [arg.keyword.value for arg in call.args if arg.keyword is not None]
        places = order[: len(call.args) - len(given)]
        known = {**parameters}
        if name == "wait_exponential_jitter" and "initial" not in {*given, *places}:
            known["multiplier"] = "initial"
        exclusive = name.endswith("exception_message") and len(call.args) != 1
        if any(arg.star for arg in call.args) or exclusive:
            raise _UntranslatedError("arguments-unclear", one_line(self.source, call))
        if len(places) < len(call.args) - len(given) or not {*given} <= {*known}:
            raise _UntranslatedError("arguments-unclear", one_line(self.source, call))
        for arg in call.args:
            found.append("" if arg.keyword is None else known[arg.keyword.value])
        return found

    def _combined(self, call: cst.Call, ours: str) -> Item:
        items: list[Item] = []
        for arg in call.args:
            if arg.keyword is not None or arg.star == "**":
                raise _UntranslatedError("arguments-unclear", one_line(self.source, call))
            if ours == "wait_chain" and isinstance(arg.value, cst.Lambda | cst.Name):
                # tenacity calls these with a keyword.
                raise self._unclear(arg.value)
            strategy = self._several(arg.value) if arg.star else self._strategy(arg.value)
            items.append(Prefixed("*", strategy) if arg.star else strategy)
        opening, items = commented(call, items)
        return Call(self._ours(ours), tuple(items), opening)

    def _several(self, node: cst.BaseExpression) -> Item:
        """A list of strategies: ``[wait_fixed(1) for _ in range(3)] + [wait_fixed(5)]``."""
        match node:
            case cst.BinaryOperation(operator=cst.Add()) if not node.lpar:
                left, right = self._several(node.left), self._several(node.right)
                return Comprehension(left, (Prefixed("+ ", right),))
            case cst.List(elements=elements):
                return Listed(tuple(self._strategy(each.value) for each in elements))
            case cst.ListComp(for_in=clause):
                head = one_line(self.source, clause)
                return Comprehension(self._strategy(node.elt), (head.strip(),), "[]")
        raise self._unclear(node)

    def _joined(self, node: cst.BinaryOperation) -> Item:
        """``a | b``, ``a & b`` and ``a + b``."""
        names: Mapping[type[cst.BaseBinaryOp], str] = {cst.Add: "wait_combine"}
        if self.option in ("stop", "retry"):
            names = {cst.BitOr: "any_of", cst.BitAnd: "all_of"}
        if type(node.operator) not in names or self.option not in ("stop", "retry", "wait"):
            raise self._unclear(node)
        opening, items = commented(node, [self._strategy(each) for each in parts(node)])
        return Call(self._ours(names[type(node.operator)]), tuple(items), opening)

    def _ours(self, name: str) -> str:
        self.operators.add(name)
        return name

    def _name_of(self, node: cst.CSTNode) -> str | None:
        """``stop_never`` for what is ``tenacity.stop_never``."""
        origin = self.source.origin(node) or ""
        package, _, name = origin.partition(".")
        return name if package == "tenacity" else None

    def _unclear(self, node: cst.CSTNode) -> _UntranslatedError:
        return _UntranslatedError("option-unclear", f"{self.option}={one_line(self.source, node)}")

    # variables

    def _held(self, name: cst.Name) -> cst.BaseExpression | None:
        """What the variable was given, if that is known: its one assignment's value."""
        binding = only_binding(self.source, name)
        target = self.source.parent(binding.node) if binding is not None else None
        assigned = self.source.parent(target) if target is not None else None
        if not isinstance(target, cst.AssignTarget) or not isinstance(assigned, cst.Assign):
            return None
        return assigned.value if len(assigned.targets) == 1 else None

    def _follow(self, name: cst.Name, value: cst.BaseExpression) -> None:
        """Translate the variable's value, which only policies may use."""
        if value in self.followed:
            return
        self.followed.add(value)
        home = self._home(name)
        if home is self.source.module and not name.value.startswith("_"):
            raise self._unclear(name)  # other modules may import it
        self._edit(value)
        for each in occurrences(home, name.value):
            if each.role == "load" and not self._is_policy(each.node):
                raise self._unclear(name)

    def _edit(self, value: cst.BaseExpression) -> None:
        if isinstance(value, cst.IfExp):
            # Each choice in its own place: the lines around them stay.
            self._edit(value.body)
            self._edit(value.orelse)
        elif isinstance(value, cst.Lambda):
            self._strategy(value)  # it stays as it is
        else:
            self.edits[value] = self._strategy(value)

    def _home(self, name: cst.Name) -> cst.FunctionDef | cst.Module:
        for ancestor in self.source.ancestors(name):
            if isinstance(ancestor, cst.FunctionDef) and is_local(ancestor, name.value):
                return ancestor
        return self.source.module

    def _is_policy(self, node: cst.CSTNode) -> bool:
        """Whether it stands in a policy; if in another one than this, that is needed, too.

        So does what a variable is given that only policies use.
        """
        around = [node, *self.source.ancestors(node)]
        if self.call in around or not self.edits.keys().isdisjoint(around):
            return True
        for primitive, owner in _policies(self.source):
            if owner in around:
                self.needs.add(primitive)
                return True
        for each in around:
            if isinstance(each, cst.Assign):
                return self._is_for_policies(each)
        return False

    def _is_for_policies(self, assigned: cst.Assign) -> bool:
        name = assigned.targets[0].target
        if len(assigned.targets) > 1 or not isinstance(name, cst.Name):
            return False
        home = self._home(name)
        if home is self.source.module and not name.value.startswith("_"):
            return False  # other modules may import it
        uses = [each.node for each in occurrences(home, name.value) if each.role == "load"]
        return bool(uses) and all(self._is_policy(use) for use in uses)

    # names

    def _replaced(self) -> frozenset[str]:
        """The names that change their meaning; all their uses must change with them."""
        self._take_exceptions()
        imports = {name: tuple(imports_of(self.source, name)) for name in self.operators}
        names = {name for name, found in imports.items() if found}
        for name in sorted(names):
            if any(is_guarded(self.source, each) for each in imports[name]):
                raise _UntranslatedError("import-guarded", name)
            if name in EXCEPTIONS:
                continue  # the same class, wherever it is named
            for each in occurrences(self.source.module, name):
                if each.role == "load" and not self._is_policy(each.node):
                    line = self.source.span(each.node)[0]
                    raise _UntranslatedError("names-shared", f"{name}, line {line}")
        return frozenset(names)

    def _is_used(self, name: str) -> bool:
        return any(each.role == "load" for each in occurrences(self.source.module, name))

    def _take_exceptions(self) -> None:
        """Where the file names tenacity's exceptions, let it take them from the operators."""
        for name in EXCEPTIONS:
            # One that is imported and not used is for other files.
            if any(imports_of(self.source, name)) and self._is_used(name):
                self.operators.add(name)
        policies = {node for _, node in _policies(self.source)}
        for node in self.source.walk(frozenset(EXCEPTIONS).isdisjoint):
            if not isinstance(node, cst.Attribute) or self._name_of(node) not in EXCEPTIONS:
                continue
            if policies.isdisjoint(self.source.ancestors(node)):
                self.edits[node] = self._ours(node.attr.value)


def is_guarded(source: Source, statement: cst.CSTNode) -> bool:
    """Whether the import stands in an ``if``, a ``try`` or the like."""
    line = source.parent(statement)
    block = source.parent(line) if line is not None else None
    owner = source.parent(block) if isinstance(block, cst.IndentedBlock) else block
    return not isinstance(owner, cst.FunctionDef | cst.Module)


def parts(node: cst.BinaryOperation) -> tuple[cst.BaseExpression, ...]:
    """The operands of ``a | b | c``."""
    match node.left:
        case cst.BinaryOperation() as left if not left.lpar and _are_alike(left, node):
            return (*parts(left), node.right)
    return (node.left, node.right)


def _are_alike(one: cst.BinaryOperation, other: cst.BinaryOperation) -> bool:
    return type(one.operator) is type(other.operator)


def _policies(source: Source) -> Iterator[tuple[Primitive, cst.CSTNode]]:
    for primitive in source.primitives:
        if primitive.kind in ("retry-decorator", "retry-block"):
            node = source.node_of(primitive)
            if node is not None:
                yield primitive, node


def imports_of(source: Source, name: str) -> Iterator[cst.ImportFrom]:
    """The statements that import the name from tenacity, as it is called there."""
    for each in occurrences(source.module, name):
        alias = source.parent(each.node)
        statement = source.parent(alias) if isinstance(alias, cst.ImportAlias) else None
        if not isinstance(statement, cst.ImportFrom) or statement.module is None:
            continue
        if one_line(source, statement.module).split(".")[0] == "tenacity":
            yield statement


def _is_none(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"


def _is_time_sleep(source: Source, node: cst.BaseExpression) -> bool:
    match node:
        case cst.Attribute(value=cst.Name(value="time") as module, attr=cst.Name(value="sleep")):
            binding = only_binding(source, module)
            return binding is not None and binding.role == "import"
    return False
