"""What each file of a run does with what the others make: looked up before any is rewritten.

See ``transforms.syntax.elsewhere`` for what is looked for. Most files hold none of the names, and
are dismissed on their bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial, reduce
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

_Fact = TypeVar("_Fact")


def look_around(
    tasks: Sequence[Task], jobs: int | None = None, cache: Cache | None = None
) -> Elsewhere:
    """What the files do with what others of them make.

    A file that cannot be read or is no Python does nothing here: it is reported where it is
    worked on.
    """
    asked = [replace(task, named=False) for task in tasks]

    def gathered(
        work: Callable[[Task, bytes], _Fact], sieve: Sieve, question: object
    ) -> list[_Fact]:
        memory = Memory.of(cache, question, question)
        found = run(work, asked, jobs, sieve=sieve, passes_over=_nothing, memory=memory)
        return [one for one in found if one is not None and not isinstance(one, FileError | Passed)]

    names = reduce(or_, gathered(_shared, may_share, "sharing"), SharedNames())
    foreign = gathered(partial(_foreign, names), Lookout(names).sees, ("foreign", names))
    uses = [use for one in foreign for use in one]
    replaced = [patch for one in gathered(_patches, may_patch, "patches") for patch in one]
    reexported = {each for one in gathered(_taken, _has_imports, "taken") for each in one}
    owned = {use.owner for use in uses if use.owner}
    bases: Bases = {}
    for one in gathered(_bases, _has_classes, "bases") if owned else ():
        for name, above in one:
            bases.setdefault(name, set()).update(above)
    owners = kin(owned, bases)
    return Elsewhere(
        names.all,
        tuple(sorted(uses)),
        tuple(owners.items()),
        tuple(sorted(replaced)),
        tuple(sorted(reexported)),
    )


def _nothing(data: bytes) -> bool:
    """Generated files use things as well."""
    return False


def _shared(task: Task, data: bytes) -> SharedNames:
    return shared_names(_text(data))


def _foreign(names: SharedNames, task: Task, data: bytes) -> tuple[ForeignUse, ...]:
    return foreign_uses(_text(data), task.name, names)


def _patches(task: Task, data: bytes) -> tuple[Patch, ...]:
    return patches(_text(data), task.name)


def _has_imports(data: bytes) -> bool:
    return b"import" in data


def _taken(task: Task, data: bytes) -> tuple[Taken, ...]:
    return taken(data)


def _has_classes(data: bytes) -> bool:
    return b"class " in data


def _bases(task: Task, data: bytes) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found: Bases = {}
    note_classes(data, found)
    return tuple((name, tuple(sorted(above))) for name, above in found.items())


def _text(data: bytes) -> str:
    try:
        return decode(data).text
    except EncodingError:
        return ""
