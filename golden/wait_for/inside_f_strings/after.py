"""Inside an f-string nothing can be broken into lines, nor joined."""

import asyncio


async def answer(ask):
    return f"""
        The answer: {await asyncio.wait_for(ask('''
            Why?
        '''), 3)}
    """
