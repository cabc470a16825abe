import asyncio
import logging

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    for name in ("lend", "take back", "renew"):
        world.fails(name, 0.5, error=[lambda call: OSError("busy"), ConnectionError, LookupError])
    world.answers("search", lambda call: ["found"] if call.n > 2 else [])
    world.fails("audit", 0.6)
    library = subject.Library()
    which = world.pick("which", ["lend", "take_back", "search", "renew", "audited"])
    if which == "audited":
        logger = logging.getLogger("audit")
        level = world.pick("level", [10, 30])
        audited = subject.audited(lambda x: world.sync_call("audit", x), logger, level)
        return await asyncio.to_thread(audited, 1)
    try:
        return await getattr(library, which)(world.call, "it")
    finally:
        world.note("lines", *subject.LINES)
        subject.LINES.clear()
