"""Tells which files of the target a Python process runs: the original's, or the copy's.

It is copied under the name ``sitecustomize.py`` to where the Python of the command that is
verified finds it. That Python may be an older one: standard library only, plain syntax.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
from typing import Any


def _watch(log: str, roots: tuple[str, ...]) -> None:
    """Write a line for each file below one of the roots whose code is run as a module.

    The first one comes with the entries of the path that lie there, each behind a ``>``.
    """
    seen: set[str] = set()
    told: list[str] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "exec":
            return
        try:
            name = arguments[0].co_filename
            if name in seen:
                return
            seen.add(name)
            real = os.path.realpath(name)
            if not real.startswith(roots):
                return
            lines = [real]
            if not told:
                paths = [os.path.realpath(entry) for entry in sys.path]
                told.extend(">" + path for path in paths if (path + os.sep).startswith(roots))
                lines = told + lines
            # Written at once: a process may end without a word.
            line = "".join(each + "\n" for each in lines).encode("utf-8", "surrogateescape")
            file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, line)
            finally:
                os.close(file)
        except Exception:  # an error here would be one of the program that is watched
            pass

    sys.addaudithook(hook)


def _stand_aside(own: str) -> None:
    """Leave the path, and run the ``sitecustomize`` that this one hides, if there is one."""
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry) != own]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


if __name__ == "sitecustomize":
    _watch(
        os.environ["CODEMODS_IMPORT_LOG"],
        tuple(root + os.sep for root in os.environ["CODEMODS_IMPORT_ROOTS"].split(os.pathsep)),
    )
    _stand_aside(os.path.dirname(os.path.realpath(__file__)))
