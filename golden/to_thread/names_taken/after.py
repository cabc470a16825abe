"""Names that a pipeline would need mean something else here."""

import asyncio

rx = ["aspirin"]


async def dispense(pharmacy, patient):
    """Fills a prescription."""
    return await asyncio.to_thread(pharmacy.fill, patient, rx)


async def dispense_some(pharmacy, patient):
    partial = await asyncio.to_thread(pharmacy.stock)
    return await asyncio.to_thread(pharmacy.fill, patient, partial)
