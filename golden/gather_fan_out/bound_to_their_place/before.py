"""Code that means something else elsewhere stays where it is."""

import asyncio


class Base:
    def __init__(self, call):
        self.call = call

    async def visit(self, node):
        return await self.call("visit", node)


class Visitor(Base):
    async def visit_all(self, nodes):
        last = None
        seen = await asyncio.gather(*[self.visit(last := node) for node in nodes])
        return seen, last

    async def visit_marked(self, nodes):
        return await asyncio.gather(
            *[self.visit(mark) for node in nodes if (mark := node.partition("#")[2])]
        )

    async def visit_in_pairs(self, nodes):
        others = iter(nodes)
        return await asyncio.gather(*[self.visit(node + next(others)) for node in others])

    async def visit_grouped(self, nodes, *, size):
        return await asyncio.gather(*[self.visit(eval("node * size", locals() | {"size": size, "node": node})) for node in nodes])
