"""A workspace goes when nobody refers to it any more: it has to outlive the second stage."""

from __future__ import annotations

import logging
from typing import Any

logger = logging.getLogger(__name__)


async def convert(tools: Any, names: list[str]) -> list[str]:
    stage_1 = await tools.fetch(names)
    workspace = tools.make_workspace(len(stage_1))
    path = workspace.path
    stage_2 = await tools.unpack(stage_1, path)
    return [*stage_2, path]


async def convert_and_return(tools: Any, names: list[str]) -> list[str]:
    stage_1 = await tools.fetch(names)
    workspace = tools.make_workspace(len(stage_1))
    return await tools.unpack_stage_2(stage_1, workspace.path)


async def convert_if_any(tools: Any, names: list[str]) -> list[str]:
    found: list[str] = []
    if names:
        stage_1 = await tools.fetch(names)
        workspace = tools.make_workspace(len(stage_1))
        path = workspace.path
        stage_2 = await tools.unpack(stage_1, path)
        found.extend(stage_2)
    return found


async def convert_and_drop(tools: Any, names: list[str]) -> list[str]:
    workspace = tools.make_workspace(0)
    stage_1 = await tools.fetch([*names, workspace.path])
    del workspace
    stage_2 = await tools.unpack(stage_1, "elsewhere")
    return stage_2
