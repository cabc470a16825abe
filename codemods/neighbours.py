"""What each file of a run does with what the others make: looked up before any is rewritten.

See ``transforms.syntax.elsewhere`` for what is looked for. The files are read twice, and nothing
of them is kept: most hold none of the names, and are dismissed on their bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_

from codemods.encoding import EncodingError, decode
from codemods.reading import TooLargeError, read_bytes
from codemods.runner import MOST_PARSED, Task
from codemods.vendor import is_vendored
from transforms.syntax.elsewhere import Elsewhere, ForeignUse, SharedNames
from transforms.syntax.foreign import Lookout, foreign_uses
from transforms.syntax.kinship import Bases, kin, note_classes
from transforms.syntax.patching import Patch, may_patch, patches
from transforms.syntax.sharing import may_share, shared_names


def look_around(tasks: Sequence[Task]) -> Elsewhere:
    """What the files do with what others of them make.

    A file that cannot be read or is no Python does nothing here: it is reported where it is
    worked on.
    """
    texts = (_text(data) for _, data in _files(tasks) if may_share(data))
    names = reduce(or_, map(shared_names, texts), SharedNames())
    lookout = Lookout(names)
    bases: Bases = {}
    uses: list[ForeignUse] = []
    replaced: list[Patch] = []
    for task, data in _files(tasks):
        note_classes(data, bases)
        if lookout.sees(data):
            uses += foreign_uses(_text(data), task.name, names)
        if may_patch(data):
            replaced += patches(_text(data), task.name)
    owners = kin({use.owner for use in uses if use.owner}, bases)
    return Elsewhere(names.all, tuple(sorted(uses)), tuple(owners.items()), tuple(sorted(replaced)))


def _files(tasks: Sequence[Task]) -> Iterator[tuple[Task, bytes]]:
    for task in tasks:
        try:
            data = read_bytes(task.path)
        except (OSError, TooLargeError):
            continue
        if len(data) <= MOST_PARSED and not is_vendored(data):
            yield task, data


def _text(data: bytes) -> str:
    try:
        return decode(data).text
    except EncodingError:
        return ""
