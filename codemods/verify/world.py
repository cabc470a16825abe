"""The world outside a program: scripted calls that take time, return and fail.

A scenario talks to the outside only through its world::

    async def scenario(subject, world):
        world.latency("status", 0.05, 0.2)                      # seconds
        world.returns("status", lambda n, rng: "done" if n > 2 else "pending")
        world.fails("upload", rate=0.3, error=lambda call: subject.RateLimited(call.args[0]))
        items = list(range(world.choose("items", 0, 7)))

        async def upload(item):
            return await world.call("upload", item)

        return await subject.upload_all(items, upload, limit=world.choose("limit", 1, 4))

What a call does (how long it takes, what it returns, whether it fails, how long its cleanup takes
when it is cancelled) is a pure function of the world's seed, the call's name, its arguments, and
how many calls of that name with those arguments came before it. So two runs meet the same world,
whatever the order of calls within one instant. Give items distinct arguments: of two like calls
in one instant, nobody can say which came first.

Times are nanoseconds drawn from a hash: no two events fall on one instant by accident.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import struct
from collections import Counter
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from codemods.verify.describe import describe, describe_error
from codemods.verify.loop import NANOSECONDS, Limits, VirtualLoop
from codemods.verify.trace import Event, Kind

_T = TypeVar("_T")
_UNSET: Final = object()
_EIGHT: Final = struct.Struct(">8Q")

_MakeError = type[BaseException] | Callable[["Call"], BaseException]
_Errors = _MakeError | Sequence[_MakeError] | None

CALLER: ContextVar[str] = ContextVar("CALLER", default="nobody")
"""Set by the driver for the task that runs the scenario. Calls must see ``caller``."""
TRAIL: ContextVar[str] = ContextVar("TRAIL", default="")
"""Set by each call to its own name: shows from which call a context came."""


class WorldError(Exception):
    """What calls raise by default: ``WorldError("fetch(3) #0")``."""


class TransientError(WorldError):
    """A failure worth a retry."""


class FatalError(WorldError):
    """A failure not worth a retry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldOptions:
    """What the worlds of a scenario may be like. ``WORLD = WorldOptions(...)`` in scenario.py.

    Rates are probabilities of one call, times are seconds.
    """

    latency: tuple[float, float] = (0.01, 2.0)
    """How long calls take, where ``world.latency`` does not say."""
    errors: tuple[type[BaseException], ...] = (
        WorldError,
        TransientError,
        FatalError,
        TimeoutError,
        ValueError,
        ConnectionError,
    )
    """What failing calls raise, where ``world.fails`` does not say."""
    max_failure_rate: float = 0.5
    """0: calls fail only where ``world.fails`` says so."""
    cleanup: tuple[float, float] = (0.001, 1.0)
    """How long a cancelled call cleans up, in worlds with cleanup."""
    swallows: float = 0.2
    """In one world of eight: how often a cancelled call returns as if nothing had been."""
    callee_cancels: float = 0.2
    """In one world of eight: how often a call raises CancelledError by itself."""
    instant: float = 0.3
    """In one world of eight without failures: how often a call returns without suspending."""
    cancellations: int = 4
    """At how many instants of each world the caller is cancelled; 0: never."""
    second_cancel: bool = True
    """Whether some cancellations are followed by a second one, which meets the cleanup."""
    contextvars: bool = True
    """Whether calls record the context variables that they see."""
    linger: float = 600.0
    """How long (virtual seconds) a program lives on after the scenario, in half of the worlds.
    In the other half it ends at once, and what still runs is cancelled."""
    workers: int = 6
    """Threads of the loop's default executor."""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes one world differ from another. Small numbers mean small worlds."""

    seed: int
    size: int = 4
    """0 to 8: how much of its range ``world.choose`` uses, in eighths."""
    failures: int = 0
    """0 and 1: none; up to 5: more and more often."""
    cleanup: int = 0
    """0: cancelled calls end at once; 1: half of them take time; 2: all of them."""
    pace: int = 0
    """0: calls take what the options say; 1: a tenth; 2: ten times as long."""
    oddity: int = 0
    """1: calls may swallow cancellation; 2: raise it; 3: return without suspending."""
    exits: int = 0
    """0: the program lives on after the scenario; 1: it ends at once."""

    @classmethod
    def from_seed(cls, seed: int) -> Plan:
        rng = random.Random(seed)
        draw = rng.randrange
        return cls(seed, min(8, draw(14)), draw(6), draw(3), draw(3), max(0, draw(8) - 4), draw(2))

    @property
    def failure_rate(self) -> float:
        return (0.0, 0.0, 0.1, 0.25, 0.5, 0.9)[self.failures]


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the outside, as the functions of a scenario see it."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    n: int
    """How many calls of this name with these arguments came before it."""
    text: str
    """``fetch(3) #0``"""
    seed: int

    @property
    def rng(self) -> random.Random:
        """Seeded for this call; each access begins anew."""
        return random.Random(self.seed)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class _Failure:
    rate: float | None
    first: int
    error: _Errors


@dataclass(frozen=True, slots=True)
class _Script:
    """What one call will do. Times in nanoseconds."""

    latency: int
    instant: bool
    error: BaseException | None
    value: object
    cleanup: int
    swallows: bool


class World:
    """See the module's docstring. Serves one run; ``fresh()`` gives the same world once more."""

    def __init__(self, plan: Plan | int, options: WorldOptions | None = None) -> None:
        self.plan = Plan.from_seed(plan) if isinstance(plan, int) else plan
        self.options = options or WorldOptions()
        self.events: list[Event] = []
        self.choices: dict[str, object] = {}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._calls = 0
        self._latencies: dict[str, tuple[float, float]] = {}
        self._cleanups: dict[str, tuple[float, float]] = {}
        self._failures: dict[str, _Failure] = {}
        self._answers: dict[str, Callable[[Call], object]] = {}
        self._watched: dict[str, ContextVar[Any]] = {}
        self._loop: VirtualLoop | None = None

    def fresh(self) -> World:
        """The same world before anything happened in it."""
        return World(self.plan, self.options)

    # What a scenario sets. Names are those of calls.

    def latency(self, name: str, low: float, high: float) -> None:
        """Calls take between ``low`` and ``high`` seconds; ``(0, 0)``: they do not suspend."""
        self._latencies[name] = (low, high)

    def cleanup(self, name: str, low: float, high: float) -> None:
        """Calls that are cancelled take between ``low`` and ``high`` seconds to end, always."""
        self._cleanups[name] = (low, high)

    def returns(self, name: str, answer: Callable[[int, random.Random], object]) -> None:
        """Calls return ``answer(n, rng)``: ``n`` like calls came before; ``rng`` is seeded."""
        self._answers[name] = lambda call: answer(call.n, call.rng)

    def answers(self, name: str, answer: Callable[[Call], object]) -> None:
        """Calls return ``answer(call)``; if it raises, the call fails with that."""
        self._answers[name] = answer

    def fails(
        self,
        name: str,
        rate: float | None = None,
        *,
        first: int = 0,
        error: _Errors = None,
    ) -> None:
        """Calls fail.

        Args:
            rate: how often, in worlds with failures (two thirds of them); None: as often as
                the world says. 0: never.
            first: the first so many calls with the same arguments fail in every world.
            error: an exception class (gets the call's text as its argument), a function from
                ``Call`` to an exception, or a list of those to draw from.
        """
        self._failures[name] = _Failure(rate, first, error)

    def watch(self, variable: ContextVar[Any]) -> None:
        """Record what calls see in ``variable``."""
        self._watched[variable.name] = variable

    # What a scenario draws: pure functions of the seed and the label.

    def choose(self, label: str, low: int, high: int) -> int:
        """A number in ``low..high``, both included. Small worlds choose near ``low``."""
        reach = round((high - low) * self.plan.size / 8)
        number = low + self._hash("choose", label)[0] % (reach + 1)
        self.choices[label] = number
        return number

    def pick(self, label: str, options: Sequence[_T]) -> _T:
        """One of ``options``."""
        chosen = options[self._hash("pick", label)[0] % len(options)]
        self.choices[label] = chosen
        return chosen

    def uniform(self, label: str, low: float, high: float) -> float:
        """Seconds (or whatever) in ``low..high``, in steps of a nanosecond."""
        drawn = _between(self._hash("uniform", label)[0], low, high) / NANOSECONDS
        self.choices[label] = drawn
        return drawn

    def chance(self, label: str, probability: float) -> bool:
        """True in that share of the worlds."""
        drawn = _fraction(self._hash("chance", label)[0]) < probability
        self.choices[label] = drawn
        return drawn

    def now(self) -> float:
        """Virtual seconds since the run began."""
        return self._now() / NANOSECONDS

    # What clients are built from.

    async def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """A call to the outside: takes its time, then returns or raises as scripted."""
        number, text, script = self._begin(name, args, kwargs)
        try:
            if not script.instant:
                await asyncio.sleep(script.latency / NANOSECONDS)
        except asyncio.CancelledError:
            self._record("cancel", name, text, number)
            await self._clean_up(name, text, number, script)
            if not script.swallows:
                self._record("cancelled", name, text, number)
                raise
        return self._end(name, text, number, script)

    async def _clean_up(self, name: str, text: str, number: int, script: _Script) -> None:
        if not script.cleanup:
            return
        try:
            await asyncio.sleep(script.cleanup / NANOSECONDS)
        except asyncio.CancelledError:
            self._record("cancelled", name, f"{text} during its cleanup", number)
            raise

    def sync_call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """The same for blocking code: on the loop it holds up everything, in a worker nothing."""
        number, text, script = self._begin(name, args, kwargs)
        self._running_loop().block_ns(script.latency)
        return self._end(name, text, number, script)

    def note(self, name: str, *values: object) -> None:
        """Put something into the trace: a callback that came, a state that was reached."""
        self._record("note", name, ", ".join(describe(value) for value in values))

    def signal(self, number: int) -> bool:
        """Deliver a signal to the loop's handler. Returns whether there was one."""
        return self._running_loop().deliver_signal(number)

    # Inside.

    def attach(self, loop: VirtualLoop) -> None:
        """Say on which loop this world's run takes place."""
        self._loop = loop

    def _running_loop(self) -> VirtualLoop:
        assert self._loop is not None, "a world serves calls only inside a run"
        return self._loop

    def _now(self) -> int:
        return self._running_loop().now_ns()

    def _begin(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[int, str, _Script]:
        key = _key(args, kwargs)
        n = self._counts[name, key]
        self._counts[name, key] += 1
        number, self._calls = self._calls, self._calls + 1
        text = f"({key}) #{n}" if n else f"({key})"
        self._record("start", name, text, number)
        TRAIL.set(f"{name}{text}")
        return number, text, self._script(name, args, kwargs, n, key)

    def _end(self, name: str, text: str, number: int, script: _Script) -> Any:
        if script.error is not None:
            self._record("error", name, f"{text} ! {describe_error(script.error)}", number)
            raise script.error
        self._record("finish", name, f"{text} -> {describe(script.value)}", number)
        return script.value

    def _record(self, kind: Kind, name: str, detail: str, call: int | None = None) -> None:
        loop = self._running_loop()
        if loop.verdict is not None:
            return  # the run is lost already
        where = "thread" if loop.workshop.in_worker else "loop"
        self.events.append(Event(loop.now_ns(), kind, name, detail, where, self._context(), call))

    def _context(self) -> str:
        watched = {name: variable.get(_UNSET) for name, variable in self._watched.items()}
        texts = [f"{name}={describe(v)}" for name, v in watched.items() if v is not _UNSET]
        if self.options.contextvars:
            texts = [CALLER.get(), TRAIL.get(), *texts]
        return " ".join(texts)

    def _hash(self, *parts: object) -> tuple[int, ...]:
        """Eight numbers of 64 bits."""
        digest = hashlib.blake2b("|".join(map(str, (self.plan.seed, *parts))).encode()).digest()
        return _EIGHT.unpack(digest)

    def _script(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], n: int, key: str
    ) -> _Script:
        dice = self._hash("call", name, key, n)
        call = Call(name, args, kwargs, n, f"{name}({key}) #{n}", dice[0])
        latency = self._latency(name, dice[1])
        error = self._error(call, dice[2], dice[3])
        value: object = str(call)
        if error is None and name in self._answers:
            try:
                value = self._answers[name](call)
            except Exception as raised:
                error = raised
        return _Script(
            latency,
            instant=latency == 0 or self._oddly(3, self.options.instant, dice[4]),
            error=error,
            value=value,
            cleanup=self._cleanup(name, dice[5], dice[6]),
            swallows=self._oddly(1, self.options.swallows, dice[7]),
        )

    def _latency(self, name: str, die: int) -> int:
        low, high = self._latencies.get(name, self.options.latency)
        scale = 1.0 if name in self._latencies else (1.0, 0.1, 10.0)[self.plan.pace]
        return _between(die, low * scale, high * scale)

    def _cleanup(self, name: str, die: int, other: int) -> int:
        if name in self._cleanups:
            return _between(die, *self._cleanups[name])
        if self.plan.cleanup == 0 or (self.plan.cleanup == 1 and other % 2):
            return 0
        return _between(die, *self.options.cleanup)

    def _oddly(self, oddity: int, rate: float, die: int) -> bool:
        if oddity == 3 and self.plan.failure_rate:
            return False
        return self.plan.oddity == oddity and _fraction(die) < rate

    def _error(self, call: Call, die: int, other: int) -> BaseException | None:
        if self._oddly(2, self.options.callee_cancels, other):
            return asyncio.CancelledError(f"by {call}")
        failure = self._failures.get(call.name, _Failure(None, 0, None))
        rate = failure.rate
        if rate is None:
            rate = min(self.plan.failure_rate, self.options.max_failure_rate)
        elif not self.plan.failure_rate:
            rate = 0.0
        if call.n >= failure.first and _fraction(die) >= rate:
            return None
        return _make_error(self.options.errors if failure.error is None else failure.error, call)


def _make_error(error: _MakeError | Sequence[_MakeError], call: Call) -> BaseException:
    maker = call.rng.choice(error) if isinstance(error, Sequence) else error
    made = maker(str(call)) if isinstance(maker, type) else maker(call)
    assert isinstance(made, BaseException), f"no exception for {call}: {made!r}"
    return made


def _key(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    texts = [describe(arg) for arg in args]
    return ", ".join(texts + [f"{name}={describe(value)}" for name, value in kwargs.items()])


def _fraction(die: int) -> float:
    return die / 2**64


def _between(die: int, low: float, high: float) -> int:
    """Nanoseconds, drawn evenly from ``low..high`` seconds."""
    lowest, highest = round(low * NANOSECONDS), round(high * NANOSECONDS)
    return lowest + die % (highest - lowest + 1)
