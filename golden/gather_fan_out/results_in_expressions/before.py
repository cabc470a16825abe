"""The result is used in every way in which a list is used."""

import asyncio
from contextlib import suppress


async def prices(symbols, quote):
    return dict(zip(symbols, await asyncio.gather(*[quote(symbol) for symbol in symbols])))


async def cheapest(symbols, quote):
    return min(await asyncio.gather(*[quote(symbol) for symbol in symbols]), default=None)


async def first(symbols, quote):
    return (await asyncio.gather(*[quote(symbol) for symbol in symbols]))[0]


async def spread(quote):
    bid, ask = await asyncio.gather(*[quote(side) for side in ("bid", "ask")])
    return bid, ask


async def known(symbols, quote):
    return [price for price in await asyncio.gather(*map(quote, symbols)) if price]


async def nested(portfolios, quote):
    return [await asyncio.gather(*[quote(symbol) for symbol in each]) for each in portfolios]


async def guarded(symbols, quote):
    async def all_of(prefix):
        with suppress(ValueError):
            match prefix:
                case "x":
                    pass
                case _:
                    if prices := await asyncio.gather(*[quote(prefix + s) for s in symbols]):
                        return prices
        return None

    return await all_of("."), await all_of("x")


async def shown(symbols, quote):
    prices = (quote(symbol) for symbol in symbols)
    return f"prices: {await asyncio.gather(*prices)}"


async def listed(symbols, quote):
    tasks = [quote(symbol) for symbol in symbols]
    return [price for prices in [await asyncio.gather(*tasks)] for price in prices]


async def if_any(symbols, quote):
    return [price for price in (await asyncio.gather(*map(quote, symbols)) if symbols else [])]


async def by_kind(symbols, quote):
    return dict(some=({} if not symbols else await asyncio.gather(*map(quote, symbols))))
