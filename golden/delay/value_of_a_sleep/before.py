"""Sleeps whose value somebody looks at: stand-ins for slow calls, mostly."""

from __future__ import annotations

import asyncio
from asyncio import sleep as pause
from dataclasses import dataclass
from typing import Any


@dataclass
class FakeGateway:
    """Stands in for the payment gateway where there is none."""

    latency: float = 0.2
    balance: int = 100

    async def authorise(self, amount: int) -> dict[str, Any]:
        answer = {"ok": amount <= self.balance, "amount": amount}
        return await asyncio.sleep(self.latency, answer)

    async def capture(self, amount: int) -> int:
        self.balance -= amount
        left = await pause(result=self.balance, delay=0.05)
        assert left is not None
        return left

    async def void(self) -> None:
        nothing = await asyncio.sleep(self.latency / 2)
        return nothing

    async def statement(self, months: int) -> list[str]:
        lines = [
            await pause(0.01, result=f"month {month}: {self.balance}")
            for month in range(months)
        ]
        while await asyncio.sleep(self.latency, len(lines) < 3):
            lines.append("")
        return [*lines, f"{await pause(0.5, 'total')}: {self.balance}"]
