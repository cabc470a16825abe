"""What each file of a run does with what the others make: looked up before any is rewritten.

See ``transforms.syntax.elsewhere`` for what is looked for. Most files hold none of the names, and
are dismissed on their bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial, reduce
from itertools import chain
from operator import or_
from typing import TypeVar

from codemods.cache import Cache
from codemods.encoding import EncodingError, decode
from codemods.memory import Memory
from codemods.results import FileError, Passed
from codemods.runner import Sieve, Task, run
from transforms.syntax.elsewhere import Elsewhere, ForeignUse, SharedNames
from transforms.syntax.foreign import Lookout, foreign_uses
from transforms.syntax.kinship import Bases, kin, note_classes
from transforms.syntax.patching import Patch, may_patch, patches
from transforms.syntax.reexports import Taken, taken
from transforms.syntax.sharing import may_share, shared_names

_Bases = tuple[tuple[str, tuple[str, ...]], ...]
_Facts = tuple[SharedNames | None, tuple[Patch, ...], tuple[Taken, ...], _Bases]
"""What one file shares, replaces and takes, and its classes: all that does not depend on others."""
_Answer = TypeVar("_Answer")


def look_around(
    tasks: Sequence[Task], jobs: int | None = None, cache: Cache | None = None
) -> Elsewhere:
    """What the files do with what others of them make.

    A file that cannot be read, or is seen to be no Python, does nothing here: it is reported
    where it is worked on.
    """
    asked = [replace(task, named=False) if task.named else task for task in tasks]

    def gathered(
        work: Callable[[Task, bytes], _Answer | None], sieve: Sieve, question: object
    ) -> list[_Answer]:
        memory = Memory.of(cache, question, question)
        found = run(work, asked, jobs, sieve=sieve, passes_over=_nothing, memory=memory)
        return [one for one in found if one is not None and not isinstance(one, FileError | Passed)]

    facts = gathered(_facts, _has_facts, "facts")
    names = reduce(or_, (shared for shared, *_ in facts if shared is not None), SharedNames())
    uses: list[ForeignUse] = []
    if names.all:  # else nobody can use any of them
        foreign = gathered(partial(_foreign, names), Lookout(names).sees, ("foreign", names))
        uses += chain.from_iterable(foreign)
    bases: Bases = {}
    for *_, classes in facts:
        for name, above in classes:
            bases.setdefault(name, set()).update(above)
    owners = kin({use.owner for use in uses if use.owner}, bases)
    return Elsewhere(
        names.all,
        tuple(sorted(uses)),
        tuple(owners.items()),
        tuple(sorted(patch for _, replaced, _, _ in facts for patch in replaced)),
        tuple(sorted({each for _, _, taken_here, _ in facts for each in taken_here})),
    )


def _nothing(data: bytes) -> bool:
    """Generated files use things as well."""
    return False


def _has_facts(data: bytes) -> bool:
    return b"import" in data or b"class " in data or may_patch(data)


def _facts(task: Task, data: bytes) -> _Facts | None:
    shared = shared_names(_text(data)) if may_share(data) else SharedNames()
    facts: _Facts = (
        shared if shared.all else None,
        patches(_text(data), task.name) if may_patch(data) else (),
        taken(data),
        _bases(data),
    )
    return facts if any(facts) else None


def _foreign(names: SharedNames, task: Task, data: bytes) -> tuple[ForeignUse, ...] | None:
    return foreign_uses(_text(data), task.name, names) or None


def _bases(data: bytes) -> _Bases:
    found: Bases = {}
    note_classes(data, found)
    return tuple((name, tuple(sorted(above))) for name, above in found.items())


def _text(data: bytes) -> str:
    try:
        return decode(data).text
    except EncodingError:
        return ""
