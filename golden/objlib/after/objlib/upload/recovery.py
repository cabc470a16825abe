"""Picking up after a crash.

A file that was being sent when we died is sent again. For one that was being indexed the store is
asked how that ended.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from objlib.config import UploadSettings
from objlib.errors import OCCConflictError, RecoveryTimeoutError, RemoteError
from objlib.upload import _operators
from objlib.upload._operators import from_async, last_value_from
from objlib.upload.client import Operation, StoreClient
from objlib.upload.state import AsyncUploadStateManager, UploadRow, UploadState

logger = logging.getLogger(__name__)


@dataclass
class RecoveryReport:
    """What recovery did."""

    reset: list[str] = field(default_factory=list)
    ready: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)


class RecoveryManager:
    """Brings rows back into states that the next run knows how to deal with."""

    def __init__(
        self,
        state: AsyncUploadStateManager,
        client: StoreClient,
        settings: UploadSettings | None = None,
    ) -> None:
        self._state = state
        self._client = client
        self._settings = settings or UploadSettings()

    async def run(self) -> RecoveryReport:
        """Recover everything.

        Raises:
            RecoveryTimeoutError: it took longer than ``recovery_timeout``.
        """
        timeout = self._settings.recovery_timeout
        try:
            report = await last_value_from(
                from_async(self._recover_all).pipe(_operators.timeout(timeout))
            )
        except asyncio.TimeoutError:
            raise RecoveryTimeoutError(f"recovery not done after {timeout:g}s") from None
        logger.info(
            "recovered: %d reset, %d ready, %d failed, %d unanswered",
            len(report.reset),
            len(report.ready),
            len(report.failed),
            len(report.unanswered),
        )
        return report

    async def _recover_all(self) -> RecoveryReport:
        report = RecoveryReport()
        for row in await self._state.in_state(UploadState.UPLOADING):
            await self._reset(row, report)

        for row in await self._state.in_state(UploadState.INDEXING):
            if row.operation is None:
                await self._reset(row, report)
                continue
            try:
                operation = await last_value_from(
                    from_async(self._client.operation, row.operation).pipe(
                        _operators.timeout(self._settings.recovery_call_timeout)
                    )
                )
            except (asyncio.TimeoutError, TimeoutError):
                logger.warning("%s: no answer about %s in time", row.path, row.operation)
                report.unanswered.append(row.path)
                continue
            except RemoteError as exc:
                if exc.status_code == 404:
                    # The store has forgotten the operation, so it has no file either.
                    await self._reset(row, report)
                else:
                    report.unanswered.append(row.path)
                continue
            await self._settle(row, operation, report)
        return report

    async def _reset(self, row: UploadRow, report: RecoveryReport) -> None:
        try:
            await self._state.reset(row.path)
        except OCCConflictError:
            logger.info("%s: somebody else is at it, leaving it to them", row.path)
            return
        report.reset.append(row.path)

    async def _settle(self, row: UploadRow, operation: Operation, report: RecoveryReport) -> None:
        if not operation.done:
            report.unanswered.append(row.path)
        elif operation.error:
            await self._state.mark_failed(row.path, operation.error)
            report.failed.append(row.path)
        else:
            await self._state.transition(row, UploadState.READY, remote_id=operation.file_id)
            report.ready.append(row.path)
