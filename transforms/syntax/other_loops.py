"""Libraries that await without asyncio's event loop."""

from __future__ import annotations

import libcst as cst

from transforms.syntax.source import Source


def other_loop(source: Source) -> str | None:
    """A library that the file imports and that awaits without asyncio, or may do so."""
    for node in source.walk(_OTHER_LOOPS.isdisjoint):
        roots: list[str] = []
        if isinstance(node, cst.ImportFrom) and node.module is not None and not node.relative:
            roots = [source.code(node.module)]
        elif isinstance(node, cst.Import):
            roots = [source.code(alias.name) for alias in node.names]
        for root in roots:
            if root.split(".")[0] in _OTHER_LOOPS:
                return root
    return None


_OTHER_LOOPS = frozenset({"anyio", "curio", "trio", "twisted"})
