"""Fetch, or give up."""

import asyncio


async def fetch_soon(fetch, patience):
    return await asyncio.wait_for(fetch(), patience)
