"""The text of modules that have most of their statements in common: each is printed once."""

from __future__ import annotations

import libcst as cst


class Printer:
    """Prints the versions of one file."""

    def __init__(self) -> None:
        self._texts: dict[cst.CSTNode, str] = {}

    def text(self, module: cst.Module) -> str:
        """What ``module.code`` gives."""
        return "".join(self.pieces(module))

    def pieces(self, module: cst.Module) -> tuple[str, ...]:
        """The same, statement by statement."""
        nodes = (*module.header, *module.body, *module.footer)
        pieces = [text for node in nodes if (text := self._text_of(module, node))]
        if not pieces:
            return (module.default_newline,) if module.has_trailing_newline else ()
        if not module.has_trailing_newline:
            pieces[-1] = pieces[-1].removesuffix(line_end(pieces[-1]))
        return tuple(pieces)

    def _text_of(self, module: cst.Module, node: cst.CSTNode) -> str:
        if node not in self._texts:
            self._texts[node] = module.code_for_node(node)
        return self._texts[node]


def line_end(text: str) -> str:
    """How the text's last line ends."""
    return next((end for end in ("\r\n", "\n", "\r") if text.endswith(end)), "")
