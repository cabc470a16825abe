"""The text of modules that have most of their statements in common: each is printed once."""

from __future__ import annotations

import libcst as cst


class Printer:
    """Prints the versions of one file."""

    def __init__(self) -> None:
        self._texts: dict[cst.CSTNode, str] = {}

    def text(self, module: cst.Module) -> str:
        """What ``module.code`` gives."""
        nodes = (*module.header, *module.body, *module.footer)
        text = "".join(self._text_of(module, node) for node in nodes)
        if not module.has_trailing_newline:
            return text.removesuffix(line_end(text))
        return text or module.default_newline

    def _text_of(self, module: cst.Module, node: cst.CSTNode) -> str:
        if node not in self._texts:
            self._texts[node] = module.code_for_node(node)
        return self._texts[node]


def line_end(text: str) -> str:
    """How the text's last line ends."""
    return next((end for end in ("\r\n", "\n", "\r") if text.endswith(end)), "")
