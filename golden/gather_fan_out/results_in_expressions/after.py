"""The result is used in every way in which a list is used."""

from contextlib import suppress

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from


async def prices(symbols, quote):
    return dict(
        zip(
            symbols,
            await last_value_from(
                rx.from_iterable(symbols).pipe(flat_map(quote), ops.to_list())
            ),
        )
    )


async def cheapest(symbols, quote):
    return min(
        await last_value_from(
            rx.from_iterable(symbols).pipe(flat_map(quote), ops.to_list())
        ),
        default=None,
    )


async def first(symbols, quote):
    return (await last_value_from(
        rx.from_iterable(symbols).pipe(flat_map(quote), ops.to_list())
    ))[0]


async def spread(quote):
    bid, ask = await last_value_from(
        rx.from_iterable(("bid", "ask")).pipe(flat_map(quote), ops.to_list())
    )
    return bid, ask


async def known(symbols, quote):
    return [
        price
        for price in await last_value_from(
            rx.from_iterable(symbols).pipe(flat_map(quote), ops.to_list())
        )
        if price
    ]


async def nested(portfolios, quote):
    return [
        await last_value_from(
            rx.from_iterable(each).pipe(flat_map(quote), ops.to_list())
        )
        for each in portfolios
    ]


async def guarded(symbols, quote):
    async def all_of(prefix):
        with suppress(ValueError):
            match prefix:
                case "x":
                    pass
                case _:
                    if prices := await last_value_from(
                        rx.from_iterable(symbols).pipe(
                            flat_map(lambda s: quote(prefix + s)), ops.to_list()
                        )
                    ):
                        return prices
        return None

    return await all_of("."), await all_of("x")


async def shown(symbols, quote):
    prices = (quote(symbol) for symbol in symbols)
    return f"prices: {await last_value_from(rx.from_iterable(prices).pipe(flat_map(lambda task: task), ops.to_list()))}"


async def listed(symbols, quote):
    return [price for prices in [await last_value_from(
        rx.from_iterable(symbols).pipe(flat_map(quote), ops.to_list())
    )] for price in prices]


async def if_any(symbols, quote):
    return [price for price in (await last_value_from(
        rx.from_iterable(symbols).pipe(flat_map(quote), ops.to_list())
    ) if symbols else [])]


async def by_kind(symbols, quote):
    return dict(
        some=(
            {}
            if not symbols
            else await last_value_from(
                rx.from_iterable(symbols).pipe(flat_map(quote), ops.to_list())
            )
        )
    )
