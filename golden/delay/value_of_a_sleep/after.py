"""Sleeps whose value somebody looks at: stand-ins for slow calls, mostly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reactivex as rx
from reactivex import operators as ops

from _operators import last_value_from


@dataclass
class FakeGateway:
    """Stands in for the payment gateway where there is none."""

    latency: float = 0.2
    balance: int = 100

    async def authorise(self, amount: int) -> dict[str, Any]:
        answer = {"ok": amount <= self.balance, "amount": amount}
        return await last_value_from(
            rx.timer(self.latency).pipe(ops.map(lambda _, result=answer: result))
        )

    async def capture(self, amount: int) -> int:
        self.balance -= amount
        left = await last_value_from(
            rx.timer(0.05).pipe(ops.map(lambda _, result=self.balance: result))
        )
        assert left is not None
        return left

    async def void(self) -> None:
        nothing = await last_value_from(
            rx.timer(self.latency / 2).pipe(ops.map(lambda _: None))
        )
        return nothing

    async def statement(self, months: int) -> list[str]:
        lines = [
            await last_value_from(
                rx.timer(0.01).pipe(
                    ops.map(lambda _, result=f"month {month}: {self.balance}": result)
                )
            )
            for month in range(months)
        ]
        while await last_value_from(
            rx.timer(self.latency).pipe(
                ops.map(lambda _, result=len(lines) < 3: result)
            )
        ):
            lines.append("")
        return [*lines, f"{await last_value_from(rx.timer(0.5).pipe(ops.map(lambda _: 'total')))}: {self.balance}"]
