"""Marks that one rule leaves on a node for another one, which edits what is around it."""

from __future__ import annotations

import libcst as cst


class Lifted(cst.Await):
    """An ``await`` that is to become a stage of the pipeline around it.

    Printed, it is the ``await`` that it was: a mark that nobody takes up changes nothing.
    """

    @classmethod
    def mark(cls, node: cst.Await) -> Lifted:
        return cls(
            expression=node.expression,
            lpar=node.lpar,
            rpar=node.rpar,
            whitespace_after_await=node.whitespace_after_await,
        )


def is_lifted(statement: cst.CSTNode) -> bool:
    """Whether the statement is a marked ``await`` and nothing else."""
    match statement:
        case cst.SimpleStatementLine(body=[cst.Expr(value=Lifted())]):
            return True
    return False
