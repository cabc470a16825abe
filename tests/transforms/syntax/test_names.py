from __future__ import annotations

import ast
import asyncio
import sys
from textwrap import dedent

import pytest
import tenacity

from transforms.syntax.names import Names
from transforms.syntax.origins import PUBLIC, canonical


def origin_of_call(source: str) -> str | None:
    """What the function of the call that has ``MARK`` as its argument resolves to."""
    tree = ast.parse(dedent(source))
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=function, args=[ast.Constant(value="MARK"), *_]):
                return Names(tree).resolve(function)
    raise AssertionError("no marked call")


def case(name: str, source: str, origin: str | None = None) -> object:
    return pytest.param(source, origin, id=name)


RESOLVED = [
    case("import", "import asyncio\nasyncio.sleep('MARK')", "asyncio.sleep"),
    case("import-as", "import asyncio as aio\naio.sleep('MARK')", "asyncio.sleep"),
    case("from", "from asyncio import sleep\nsleep('MARK')", "asyncio.sleep"),
    case("from-as", "from asyncio import gather as g\ng('MARK')", "asyncio.gather"),
    case(
        "submodule",
        "import asyncio.locks\nasyncio.locks.Semaphore('MARK')",
        "asyncio.Semaphore",
    ),
    case("submodule-as", "import asyncio.locks as l\nl.Semaphore('MARK')", "asyncio.Semaphore"),
    case("from-submodule", "from asyncio.tasks import gather\ngather('MARK')", "asyncio.gather"),
    case("module-from", "from asyncio import locks\nlocks.Event('MARK')", "asyncio.Event"),
    case("attribute-submodule", "import asyncio\nasyncio.tasks.sleep('MARK')", "asyncio.sleep"),
    case("tenacity-retry", "import tenacity\ntenacity.retry('MARK')", "tenacity.retry"),
    case(
        "tenacity-asyncio",
        "from tenacity.asyncio import AsyncRetrying\nAsyncRetrying('MARK')",
        "tenacity.AsyncRetrying",
    ),
    case(
        "tenacity-old-asyncio",
        "from tenacity._asyncio import AsyncRetrying as A\nA('MARK')",
        "tenacity.AsyncRetrying",
    ),
    case(
        "tenacity-submodule",
        "from tenacity.stop import stop_after_attempt\nstop_after_attempt('MARK')",
        "tenacity.stop_after_attempt",
    ),
    case(
        "limiter",
        "from aiolimiter.leakybucket import AsyncLimiter\nAsyncLimiter('MARK')",
        "aiolimiter.AsyncLimiter",
    ),
    case("in-function", "def f():\n  import asyncio\n  asyncio.sleep('MARK')", "asyncio.sleep"),
    case(
        "in-outer-function",
        "def f():\n  from asyncio import sleep\n  def g():\n    sleep('MARK')",
        "asyncio.sleep",
    ),
    case(
        "in-class-body", "class A:\n  import asyncio\n  x = asyncio.Event('MARK')", "asyncio.Event"
    ),
    case("in-if", "if x:\n  import asyncio\nasyncio.sleep('MARK')", "asyncio.sleep"),
    case(
        "in-both-branches",
        "if x:\n  import asyncio\nelse:\n  import asyncio\nasyncio.sleep('MARK')",
        "asyncio.sleep",
    ),
    case(
        "in-try", "try:\n  import asyncio\nfinally:\n  pass\nasyncio.sleep('MARK')", "asyncio.sleep"
    ),
    case("import-below-the-use", "def f(): asyncio.sleep('MARK')\nimport asyncio", "asyncio.sleep"),
    case(
        "through-global",
        "def g():\n  global aio\n  import asyncio as aio\ndef f(): aio.sleep('MARK')",
        "asyncio.sleep",
    ),
    case("star", "from asyncio import *\ngather('MARK')", "asyncio.gather"),
    case("star-in-function", "from asyncio import *\ndef f(): gather('MARK')", "asyncio.gather"),
    case(
        "star-after-unknown-star",
        "from os import *\nfrom asyncio import *\nsleep('MARK')",
        "asyncio.sleep",
    ),
    case(
        "two-known-stars",
        "from asyncio import *\nfrom tenacity import *\nretry('MARK')",
        "tenacity.retry",
    ),
    case(
        "star-of-both-last-wins",
        "from tenacity import *\nfrom asyncio import *\nsleep('MARK')",
        "asyncio.sleep",
    ),
    case("alias", "import asyncio\ngather = asyncio.gather\ngather('MARK')", "asyncio.gather"),
    case("alias-of-module", "import asyncio\naio = asyncio\naio.sleep('MARK')", "asyncio.sleep"),
    case("alias-of-alias", "import asyncio\na = asyncio\nb = a.sleep\nb('MARK')", "asyncio.sleep"),
    case(
        "annotated-alias", "import asyncio\ns: object = asyncio.sleep\ns('MARK')", "asyncio.sleep"
    ),
    case(
        "alias-in-function",
        "import asyncio\ndef f():\n  s = asyncio.sleep\n  s('MARK')",
        "asyncio.sleep",
    ),
    case(
        "alias-seen-by-inner",
        "import asyncio\ns = asyncio.sleep\ndef f(): s('MARK')",
        "asyncio.sleep",
    ),
    case(
        "fallback-none",
        """
        try:
            from tenacity import retry
        except ImportError:
            retry = None
        retry('MARK')
    """,
        "tenacity.retry",
    ),
    case(
        "fallback-none-tuple",
        """
        try:
            import tenacity
        except (ImportError, AttributeError):
            tenacity = None
        tenacity.retry('MARK')
    """,
        "tenacity.retry",
    ),
    case(
        "fallback-same-thing",
        """
        try:
            from tenacity.asyncio import AsyncRetrying
        except ModuleNotFoundError:
            from tenacity._asyncio import AsyncRetrying
        AsyncRetrying('MARK')
    """,
        "tenacity.AsyncRetrying",
    ),
    case(
        "fallback-for-asyncio-is-dead",
        """
        try:
            from asyncio import to_thread
        except ImportError:
            def to_thread(f): ...
        to_thread('MARK')
    """,
        "asyncio.to_thread",
    ),
    case(
        "type-checking-else",
        """
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from other import sleep
        else:
            from asyncio import sleep
        sleep('MARK')
    """,
        "asyncio.sleep",
    ),
    case(
        "not-type-checking",
        """
        import typing
        if not typing.TYPE_CHECKING:
            from asyncio import sleep
        sleep('MARK')
    """,
        "asyncio.sleep",
    ),
    case(
        "comprehension-variable-stays-inside",
        "import asyncio\n[asyncio for asyncio in x]\nasyncio.sleep('MARK')",
        "asyncio.sleep",
    ),
    case(
        "comprehension-sees-out",
        "import asyncio\n[asyncio.sleep('MARK') for x in y]",
        "asyncio.sleep",
    ),
    case(
        "first-iterable-of-comprehension",
        "import asyncio\n[asyncio for asyncio in asyncio.gather('MARK')]",
        "asyncio.gather",
    ),
    case(
        "first-iterable-in-class",
        "class A:\n  import asyncio\n  x = [i for i in asyncio.gather('MARK')]",
        "asyncio.gather",
    ),
    case(
        "default-of-same-parameter",
        "import asyncio\ndef f(asyncio=asyncio.Event('MARK')): ...",
        "asyncio.Event",
    ),
    case(
        "lambda-default",
        "import asyncio\nf = lambda asyncio=asyncio.Event('MARK'): 1",
        "asyncio.Event",
    ),
    case(
        "method-of-same-name",
        "from asyncio import sleep\nclass A:\n  def sleep(self): sleep('MARK')",
        "asyncio.sleep",
    ),
    case(
        "class-attribute-invisible-to-method",
        "import asyncio\nclass A:\n  asyncio = 1\n  def f(self): asyncio.sleep('MARK')",
        "asyncio.sleep",
    ),
    case(
        "class-attribute-invisible-to-comprehension",
        "import asyncio\nclass A:\n  asyncio = 1\n  x = [asyncio.sleep('MARK') for y in z]",
        "asyncio.sleep",
    ),
    case(
        "nonlocal",
        """
        def f():
            from asyncio import sleep
            def g():
                nonlocal sleep
                sleep('MARK')
    """,
        "asyncio.sleep",
    ),
    case(
        "global-statement",
        """
        import asyncio
        def f():
            asyncio = 1
            def g():
                global asyncio
                asyncio.sleep('MARK')
    """,
        "asyncio.sleep",
    ),
    case(
        "keyword-of-same-name",
        "import asyncio\nf(asyncio=1)\nasyncio.sleep('MARK')",
        "asyncio.sleep",
    ),
    case(
        "attribute-of-same-name",
        "import asyncio\nx.asyncio = 1\nasyncio.sleep('MARK')",
        "asyncio.sleep",
    ),
    case(
        "other-function-binds-it",
        "import asyncio\ndef g(): asyncio = 1\nasyncio.sleep('MARK')",
        "asyncio.sleep",
    ),
    case(
        "unknown-star-below-module-import",
        "import asyncio\nfrom .constants import *\nasyncio.sleep('MARK')",
        "asyncio.sleep",
    ),
]

NOT_RESOLVED = [
    case(
        "decorator-of-shadowing-function",
        "from tenacity import retry\nclass A:\n  @retry('MARK')\n  def retry(self): ...",
        None,
    ),
    case("no-import", "asyncio.sleep('MARK')"),
    case("parameter", "import asyncio\ndef f(asyncio): asyncio.sleep('MARK')"),
    case("positional-only", "import asyncio\ndef f(asyncio, /): asyncio.sleep('MARK')"),
    case("keyword-only", "import asyncio\ndef f(*, asyncio): asyncio.sleep('MARK')"),
    case("var-positional", "import asyncio\ndef f(*asyncio): asyncio.sleep('MARK')"),
    case("var-keyword", "import asyncio\ndef f(**asyncio): asyncio.sleep('MARK')"),
    case("outer-parameter", "import asyncio\ndef f(asyncio):\n  def g(): asyncio.sleep('MARK')"),
    case("lambda-parameter", "import asyncio\nf = lambda asyncio: asyncio.sleep('MARK')"),
    case("local-anywhere", "import asyncio\ndef f():\n  asyncio.sleep('MARK')\n  asyncio = 1"),
    case(
        "local-in-dead-branch",
        "import asyncio\ndef f():\n  asyncio.sleep('MARK')\n  if 0: asyncio = 1",
    ),
    case("for-target", "import asyncio\ndef f():\n  for asyncio in x: asyncio.sleep('MARK')"),
    case(
        "tuple-target", "import asyncio\ndef f():\n  a, (b, *asyncio) = x\n  asyncio.sleep('MARK')"
    ),
    case("with-target", "import asyncio\ndef f():\n  with x as asyncio: asyncio.sleep('MARK')"),
    case("except-as", "import asyncio\ntry: ...\nexcept E as asyncio: asyncio.sleep('MARK')"),
    case("walrus", "import asyncio\ndef f():\n  (asyncio := 1)\n  asyncio.sleep('MARK')"),
    case(
        "walrus-in-comprehension",
        "import asyncio\ndef f():\n  [asyncio := y for y in x]\n  asyncio.sleep('MARK')",
    ),
    case("match-capture", "import asyncio\nmatch x:\n  case asyncio: asyncio.sleep('MARK')"),
    case("match-as", "import asyncio\nmatch x:\n  case [1] as asyncio: asyncio.sleep('MARK')"),
    case("match-star", "import asyncio\nmatch x:\n  case [*asyncio]: asyncio.sleep('MARK')"),
    case("match-rest", "import asyncio\nmatch x:\n  case {**asyncio}: asyncio.sleep('MARK')"),
    case("augmented", "import asyncio\ndef f():\n  asyncio += 1\n  asyncio.sleep('MARK')"),
    case("annotated-only", "import asyncio\ndef f():\n  asyncio: int\n  asyncio.sleep('MARK')"),
    case("deleted", "import asyncio\ndel asyncio\nasyncio.sleep('MARK')"),
    case(
        "nested-function",
        "from asyncio import sleep\ndef f():\n  def sleep(): ...\n  sleep('MARK')",
    ),
    case(
        "nested-class", "from asyncio import Event\ndef f():\n  class Event: ...\n  Event('MARK')"
    ),
    case("module-function", "from asyncio import gather\ndef gather(): ...\ngather('MARK')"),
    case("comprehension-variable", "import asyncio\n[asyncio.sleep('MARK') for asyncio in x]"),
    case(
        "comprehension-in-comprehension",
        "import asyncio\n[[asyncio.sleep('MARK') for y in z] for asyncio in x]",
    ),
    case("class-scope", "import asyncio\nclass A:\n  asyncio = x\n  y = asyncio.sleep('MARK')"),
    case(
        "import-in-class-from-method",
        "class A:\n  import asyncio\n  def f(self): asyncio.sleep('MARK')",
    ),
    case("import-in-other-function", "def g(): import asyncio\ndef f(): asyncio.sleep('MARK')"),
    case(
        "two-imports",
        """
        if x:
            from asyncio import sleep
        else:
            from trio import sleep
        sleep('MARK')
    """,
    ),
    case(
        "rebound-by-global",
        "import asyncio\ndef f():\n  global asyncio\n  asyncio = 1\nasyncio.sleep('MARK')",
    ),
    case(
        "rebound-by-nonlocal",
        """
        def f():
            from asyncio import sleep
            def g():
                nonlocal sleep
                sleep = 1
            sleep('MARK')
    """,
    ),
    case("alias-bound-twice", "import asyncio\ns = asyncio.sleep\ns = asyncio.sleep\ns('MARK')"),
    case("alias-or-other", "import asyncio\ns = asyncio.sleep if x else y\ns('MARK')"),
    case("alias-of-itself", "sleep = sleep\nsleep('MARK')"),
    case("aliases-in-a-circle", "a = b\nb = a\na('MARK')"),
    case("unpacked-alias", "import asyncio\ns, t = asyncio.sleep, 1\ns('MARK')"),
    case("type-checking-only", "if TYPE_CHECKING:\n  import asyncio\nasyncio.sleep('MARK')"),
    case(
        "type-checking-in-function",
        """
        import asyncio
        def f():
            if TYPE_CHECKING:
                import asyncio
            asyncio.sleep('MARK')
    """,
    ),
    case("if-false", "if False:\n  import asyncio\nasyncio.sleep('MARK')"),
    case(
        "stub-fallback",
        """
        try:
            from tenacity import retry
        except ImportError:
            def retry(f): ...
        retry('MARK')
    """,
    ),
    case(
        "fallback-is-asyncio",
        """
        try:
            from curio import sleep
        except ImportError:
            from asyncio import sleep
        sleep('MARK')
    """,
    ),
    case(
        "other-import-may-fail",
        """
        try:
            import uvloop
            import asyncio
        except ImportError:
            asyncio = fake
        asyncio.sleep('MARK')
    """,
    ),
    case(
        "handler-of-other-error",
        """
        try:
            from asyncio import sleep
        except ValueError:
            sleep = None
        sleep('MARK')
    """,
    ),
    case("none-elsewhere", "retry = None\nfrom tenacity import retry\nretry('MARK')"),
    case("relative", "from . import asyncio\nasyncio.sleep('MARK')", ".asyncio.sleep"),
    case("relative-module", "from .asyncio import sleep\nsleep('MARK')", ".asyncio.sleep"),
    case("submodule-of-other", "from anyio import sleep\nsleep('MARK')", "anyio.sleep"),
    case("trio", "import trio as asyncio\nasyncio.sleep('MARK')", "trio.sleep"),
    case("star-shadowed", "from asyncio import *\ndef gather(): ...\ngather('MARK')"),
    case("star-shadowed-by-parameter", "from asyncio import *\ndef f(sleep): sleep('MARK')"),
    case("star-then-unknown-star", "from asyncio import *\nfrom .x import *\nsleep('MARK')"),
    case("star-private-name", "from asyncio import *\n_get_running_loop('MARK')"),
    case("star-of-look-alike", "from asyncio import sleep\nfrom time import *\nsleep('MARK')"),
    case("attribute-replaced", "import asyncio\nasyncio.sleep = fake\nasyncio.sleep('MARK')"),
    case("method", "class A:\n  def f(self): self.gather('MARK')"),
    case("result-of-call", "import asyncio\nasyncio.get_event_loop().sleep('MARK')"),
    case("subscript", "import asyncio\nx[asyncio].sleep('MARK')"),
    case(
        "member-of-other-package",
        "import mylib\nmylib.asyncio.sleep('MARK')",
        "mylib.asyncio.sleep",
    ),
    case(
        "tenacity-async-predicate",
        "from tenacity.asyncio import retry_if_result\nretry_if_result('MARK')",
        "tenacity.asyncio.retry_if_result",
    ),
    case(
        "asyncio-subprocess",
        "import asyncio\nasyncio.subprocess.Process('MARK')",
        "asyncio.subprocess.Process",
    ),
]


@pytest.mark.parametrize(("source", "origin"), RESOLVED)
def test_resolves(source: str, origin: str) -> None:
    assert origin_of_call(source) == origin


@pytest.mark.parametrize(("source", "origin"), NOT_RESOLVED)
def test_leaves_look_alikes_alone(source: str, origin: str | None) -> None:
    assert origin_of_call(source) == origin


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters are new in 3.12")
@pytest.mark.parametrize(
    "source",
    [
        "from asyncio import Event\ndef f[Event](x: Event): Event('MARK')",
        "from asyncio import Event\nclass A[Event]:\n  def f(self): Event('MARK')",
        "from asyncio import Event\ntype Event = int\nEvent('MARK')",
    ],
    ids=["function", "class", "type-statement"],
)
def test_type_parameters_shadow(source: str) -> None:
    assert origin_of_call(source) is None


def test_uses_are_whole_chains_in_source_order() -> None:
    source = """
        import asyncio, os
        from asyncio import gather as g
        wait = asyncio.sleep
        async def f(asyncio_):
            await g(wait(1), asyncio.locks.Event().wait())
            asyncio_.sleep(1)
            return os.path
    """
    names = Names(ast.parse(dedent(source)))
    assert [use.origin for use in names.uses()] == [
        "asyncio.sleep",
        "asyncio.gather",
        "asyncio.sleep",
        "asyncio.Event",
    ]
    assert "os.path" in [use.origin for use in names.uses(roots=None)]


def test_bindings_are_those_of_the_scope_that_owns_the_name() -> None:
    tree = ast.parse("x = 1\ndef f():\n  x = 2\n  def g():\n    nonlocal x\n    x = 3\n    x\n")
    name = next(n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.lineno == 7)
    assert sorted(node.lineno for node in Names(tree).bindings(name)) == [3, 6]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("source", "function"),
    [
        pytest.param("class A:\n  def f(self):\n    def g(): MARK()", "A.f.g", id="nested"),
        pytest.param("class A:\n  x = MARK()", None, id="class-body"),
        pytest.param("@MARK()\ndef f(): ...", None, id="decorator"),
        pytest.param("def g():\n  def f(x=MARK()): ...", "g", id="default"),
        pytest.param("def f(): return lambda: MARK()", "f", id="lambda"),
        pytest.param("def f(): return [MARK() for x in y]", "f", id="comprehension"),
        pytest.param("async def f():\n  class A:\n    x = MARK()", "f", id="local-class"),
    ],
)
def test_enclosing_function(source: str, function: str | None) -> None:
    tree = ast.parse(source)
    names = Names(tree)
    call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call))
    found = names.function(call)
    assert (found and names.qualified_name(found)) == function


@pytest.mark.parametrize(
    ("source", "runs"),
    [
        pytest.param("if TYPE_CHECKING:\n  f()", False, id="type-checking"),
        pytest.param("if t.TYPE_CHECKING:\n  if x: f()", False, id="below-type-checking"),
        pytest.param("if TYPE_CHECKING: ...\nelse: f()", True, id="else"),
        pytest.param("if not TYPE_CHECKING: ...\nelse: f()", False, id="else-of-not"),
        pytest.param("if x: ...\nelif TYPE_CHECKING: f()", False, id="elif"),
        pytest.param("if 0: f()", False, id="zero"),
        pytest.param("if 1: f()", True, id="one"),
        pytest.param("if f(): ...", True, id="the-test-itself"),
    ],
)
def test_what_runs(source: str, runs: bool) -> None:
    tree = ast.parse(source)
    call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call))
    assert Names(tree).runs(call) is runs


def test_watched_attributes_are_noted() -> None:
    names = Names(ast.parse("a.b.c = d.b"), watch=frozenset({"b"}))
    assert sorted(node.col_offset for node in names.watched) == [0, 8]


def test_deep_nesting_does_not_recurse() -> None:
    tree: ast.expr = ast.Name("x", ast.Load())
    for _ in range(50_000):
        tree = ast.UnaryOp(ast.Not(), tree)
    module = ast.Module([ast.Expr(tree)], [])
    assert Names(module).uses() == ()
    # Taken apart by hand: the interpreter itself recurses when it frees a deep tree.
    while isinstance(tree, ast.UnaryOp):
        tree, tree.operand = tree.operand, ast.Name("x", ast.Load())


def test_tables_name_what_the_libraries_export() -> None:
    assert PUBLIC["tenacity"] <= set(tenacity.__all__)
    newer = {"Barrier", "BrokenBarrierError", "QueueShutDown", "Runner", "TaskGroup", "Timeout"}
    newer |= {"timeout", "timeout_at"}
    gone = {"iscoroutinefunction", "get_event_loop_policy", "set_event_loop_policy"}
    assert PUBLIC["asyncio"] - newer - gone <= set(asyncio.__all__)


@pytest.mark.parametrize(
    "name", ["sleep", "gather", "Semaphore", "Event", "to_thread", "wait_for", "BoundedSemaphore"]
)
def test_canonical_undoes_where_asyncio_defines_it(name: str) -> None:
    assert canonical(f"{getattr(asyncio, name).__module__}.{name}") == f"asyncio.{name}"


def test_spellings_are_those_of_the_module_and_of_its_classes() -> None:
    source = """
        import asyncio as aio
        from asyncio import sleep, tasks as work
        from .asyncio import gather
        from time import time
        rest = sleep
        class A:
            nap = aio.tasks.sleep
        def f():
            inner = sleep
        """
    names = Names(ast.parse(dedent(source)))
    assert names.spellings(frozenset({"asyncio.sleep"})) == {"sleep", "rest", "nap"}
    assert names.spellings(frozenset({"asyncio"})) == {"aio", "sleep", "work", "rest", "nap"}


@pytest.mark.parametrize("levels", [1, 2, 40])
def test_how_deep_a_module_is_nested(levels: int) -> None:
    names = Names(ast.parse("-" * levels + "x"))
    node = names.deeper_than(levels + 1)
    assert isinstance(node, ast.Name)
    assert names.deeper_than(levels + 2) is None
