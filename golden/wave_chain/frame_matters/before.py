"""Code that looks at the function in which it runs."""

import inspect
import logging
import warnings

logger = logging.getLogger(__name__)


class Importer(dict):
    async def run(self, rows):
        wave1_rows = await self.insert(rows)
        kept = super().get("kept", wave1_rows)
        wave2_rows = await self.check(kept)
        return wave2_rows

    async def explain(self, rows):
        wave1_rows = await self.insert(rows)
        wave2_rows = await self.check(wave1_rows)
        return "{wave2_rows} of {rows}".format(**locals())

    async def warn(self, rows):
        wave1_rows = await self.insert(rows)
        if not wave1_rows:
            warnings.warn("nothing inserted", stacklevel=2)
        wave2_rows = await self.check(wave1_rows)
        return wave2_rows

    async def who(self, rows):
        wave1_rows = await self.insert(rows)
        caller = inspect.currentframe().f_code.co_name
        wave2_rows = await self.check(wave1_rows, caller)
        return wave2_rows
