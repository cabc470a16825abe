"""Two phases of a migration, each a method of its own; nobody annotated them."""
import logging

log = logging.getLogger("migrate")


class Migration:

    def __init__(self, api, dry_run=False):
        self.api = api
        self.dry_run = dry_run
        self.done = []

    async def migrate(self, tenant):
        phase_1 = await self._collect(tenant)
        phase_2 = await self._resolve(phase_1)
        log.info("%s: %s resolved", tenant, len(phase_2))
        self.done.append(tenant)
        return phase_2

    async def remigrate(self, tenant, *, since):
        # everything that changed in the meantime
        phase_1_rows = await self._collect(
            tenant,
            since=since,
        )
        stale = [row for row in phase_1_rows if row not in self.done]
        phase_2_rows = await self._resolve(stale, strict=not self.dry_run)  # slow!
        return sorted(phase_2_rows)

    async def _collect(self, tenant, since=None):
        return [await self.api("collect", tenant, page, since) for page in range(2)]

    async def _resolve(self, rows, strict=True):
        return [await self.api("resolve", row, strict) for row in rows]
