"""Code that means something else elsewhere stays where it is."""

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from


class Base:
    def __init__(self, call):
        self.call = call

    async def visit(self, node):
        return await self.call("visit", node)


class Visitor(Base):
    async def visit_all(self, nodes):
        last = None
        seen = await last_value_from(
            rx.from_iterable([self.visit(last := node) for node in nodes]).pipe(
                flat_map(lambda task: task), ops.to_list()
            )
        )
        return seen, last

    async def visit_marked(self, nodes):
        return await last_value_from(
            rx.from_iterable(
                [self.visit(mark) for node in nodes if (mark := node.partition("#")[2])]
            ).pipe(flat_map(lambda task: task), ops.to_list())
        )

    async def visit_in_pairs(self, nodes):
        others = iter(nodes)
        return await last_value_from(
            rx.from_iterable([self.visit(node + next(others)) for node in others]).pipe(
                flat_map(lambda task: task), ops.to_list()
            )
        )

    async def visit_grouped(self, nodes, *, size):
        return await last_value_from(
            rx.from_iterable(
                [
                    self.visit(
                        eval("node * size", locals() | {"size": size, "node": node})
                    )
                    for node in nodes
                ]
            ).pipe(flat_map(lambda task: task), ops.to_list())
        )
