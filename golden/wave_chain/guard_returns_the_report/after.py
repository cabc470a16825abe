"""A pricing run: a sample first, and the rest only if the sample looks sane."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import reactivex as rx
from reactivex import operators as ops

from _operators import concat_map, flat_map, last_value_from

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Quote:
    sku: str
    tariff: str
    price: int | None

    @property
    def ok(self) -> bool:
        return self.price is not None


@dataclass
class Report:
    quoted: int = 0
    rejected: list[str] = field(default_factory=list)
    tariff: str | None = None
    aborted: bool = False


class PricingRun:
    def __init__(
        self,
        quote: Callable[[str, str], Awaitable[int | None]],
        notify: Callable[[str], Awaitable[None]],
        *,
        tariffs: Sequence[str],
        sample: int,
        max_rejected: int,
    ) -> None:
        self._quote = quote
        self._notify = notify
        self._tariffs = tariffs
        self._sample = sample
        self._max_rejected = max_rejected

    async def run(self, skus: list[str]) -> Report:
        """Quote all of ``skus`` under the tariff that does best on a sample."""
        report = Report()
        if not skus:
            return report

        # Wave 1: every tariff on the sample.
        wave1 = rx.from_iterable(
            (sku, tariff) for sku in skus[: self._sample] for tariff in self._tariffs
        ).pipe(flat_map(lambda pair: self._price(*pair)), ops.to_list())

        async def wave2(wave1_results: list[Quote]) -> rx.Observable[Report]:
            report.quoted += len(wave1_results)
            rejected = [quote.sku for quote in wave1_results if not quote.ok]
            report.rejected += rejected
            if len(rejected) > self._max_rejected:
                logger.error("%d of the sample rejected, giving up", len(rejected))
                report.aborted = True
                await self._notify(f"aborted after {len(wave1_results)} quotes")
                return rx.of(report)

            wave1_tariff = cheapest(wave1_results)  # may be None: nothing was quoted at all
            report.tariff = wave1_tariff
            logger.info("going on with %s", wave1_tariff)

            # Wave 2: the best tariff on everything else.
            wave2_results = await last_value_from(
                rx.from_iterable(skus[self._sample :]).pipe(
                    flat_map(lambda sku: self._price(sku, wave1_tariff)), ops.to_list()
                )
            )
            report.quoted += len(wave2_results)
            report.rejected += [quote.sku for quote in wave2_results if not quote.ok]
            await self._notify(f"{report.quoted} quotes, tariff {wave1_tariff}")
            return rx.of(report)

        return await last_value_from(wave1.pipe(concat_map(wave2)))

    async def _price(self, sku: str, tariff: str | None) -> Quote:
        price = await self._quote(sku, tariff or "list")
        return Quote(sku, tariff or "list", price)


def cheapest(quotes: Sequence[Quote]) -> str | None:
    priced = [quote for quote in quotes if quote.price is not None]
    if not priced:
        return None
    return min(priced, key=lambda quote: (quote.price, quote.tariff)).tariff
