"""What other files do with the objects that a file makes.

A rule sees one file. What it may swap there, another file may look into: ``client._sem._value``,
``isinstance(client.limiter, AsyncLimiter)``, ``fetch.retry.wait = …``. So all files of a run are
looked at before any is rewritten, in two passes:

1. ``sharing.shared_names`` reads the files that make a semaphore, a limiter or an event, or
   decorate a function with ``retry``, and gives the names under which these may be seen from
   outside.
2. ``foreign.foreign_uses`` reads the files in which such a name stands behind a dot, in an import
   or in quotes (``foreign.Lookout`` tells by the bytes), and notes what they do with it. What
   every replacement can do as well (to enter it, to wait for it, to test whether it is there) is
   not noted.

Both work on one text by the standard library's ``ast``, by name and not by type: whoever has an
attribute of the name may mean ours, unless it is his own class that binds it, and no class derives
both from that one and from one of ours (``kinship``). Merged into one frozen ``Elsewhere`` the
findings are a part of what the rewriting of a file depends on; ``seen_from`` cuts out what
concerns one file.

Noted as well is which coordination calls a file replaces for others (``patching``), and which it
takes from the file that imported them (``reexports``).

A name that a rule asks for and that no pass has looked up counts as used: nothing is assumed.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from typing import Literal

from transforms.syntax.patching import Patch
from transforms.syntax.reexports import Taken, modules_of

What = Literal["member", "stored", "handed-on"]


@dataclass(frozen=True, slots=True)
class SharedNames:
    """Names under which a file's objects may be seen from outside.

    ``attributes`` are attributes, and private functions that hand the objects out; ``variables``
    are global ones; ``functions`` are those under a decorator that gives them attributes.
    """

    attributes: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()

    def __or__(self, other: SharedNames) -> SharedNames:
        return SharedNames(
            self.attributes | other.attributes,
            self.variables | other.variables,
            self.functions | other.functions,
        )

    @property
    def all(self) -> frozenset[str]:
        return self.attributes | self.variables | self.functions


@dataclass(frozen=True, slots=True, order=True)
class ForeignUse:
    """What another file does with something of this name.

    ``member``: it uses the attribute ``member`` of it; ``stored``: it puts something else in its
    place; ``handed-on``: it passes it to where nobody sees what is done with it. With ``called``
    this is done with what a call of it returns.
    """

    name: str
    path: str
    line: int
    what: What
    member: str
    called: bool
    code: str
    owner: str = ""
    """The class whose own attribute it seems to be, because it binds the name itself."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.code}"


@dataclass(frozen=True)
class Elsewhere:
    """The uses that the files of a run make of names that other files share with them.

    ``names`` are the names that were looked up.
    """

    names: frozenset[str] = frozenset()
    uses: tuple[ForeignUse, ...] = ()
    kin: tuple[tuple[str, frozenset[str]], ...] = ()
    """The owners among the uses, and the classes that may have objects in common with them."""
    patches: tuple[Patch, ...] = ()
    """The calls that files, tests above all, replace for others."""
    taken: tuple[Taken, ...] = ()
    """The imported names that files take from other files."""

    def seen_from(self, path: str) -> Elsewhere:
        """What concerns one file: what others do, with whatever it holds."""
        modules = modules_of(path)
        return replace(
            self,
            uses=tuple(use for use in self.uses if use.path != path),
            patches=tuple(patch for patch in self.patches if patch.hits(path)),
            taken=tuple(each for each in self.taken if each[0] in modules),
        )

    def needed_of(self, path: str, names: Set[str]) -> frozenset[str]:
        """Those of a file's imported names that other files take from it."""
        modules = modules_of(path)
        found = {name for module, name in self.taken if module in modules}
        return frozenset(names) if "*" in found else frozenset(names & found)

    def of(self, name: str) -> tuple[ForeignUse, ...]:
        """The uses of one name, in the order of their files and lines."""
        return tuple(use for use in self.uses if use.name == name)
