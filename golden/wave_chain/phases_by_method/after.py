"""Two phases of a migration, each a method of its own; nobody annotated them."""
import logging

from _operators import concat_map, from_async, last_value_from

log = logging.getLogger("migrate")


class Migration:

    def __init__(self, api, dry_run=False):
        self.api = api
        self.dry_run = dry_run
        self.done = []

    async def migrate(self, tenant):
        phase_2 = await last_value_from(
            from_async(self._collect, tenant).pipe(concat_map(self._resolve))
        )
        log.info("%s: %s resolved", tenant, len(phase_2))
        self.done.append(tenant)
        return phase_2

    async def remigrate(self, tenant, *, since):
        # everything that changed in the meantime
        phase_1_source = from_async(self._collect, tenant, since=since)

        def run_phase_2(phase_1_rows):
            stale = [row for row in phase_1_rows if row not in self.done]
            return from_async(self._resolve, stale, strict=not self.dry_run)  # slow!

        phase_2_rows = await last_value_from(
            phase_1_source.pipe(concat_map(run_phase_2))
        )
        return sorted(phase_2_rows)

    async def _collect(self, tenant, since=None):
        return [await self.api("collect", tenant, page, since) for page in range(2)]

    async def _resolve(self, rows, strict=True):
        return [await self.api("resolve", row, strict) for row in rows]
