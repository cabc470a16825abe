"""A workspace goes when nobody refers to it any more: it has to outlive the second stage."""

from __future__ import annotations

import logging
from typing import Any

import reactivex as rx

from _operators import concat_map, from_async, last_value_from

logger = logging.getLogger(__name__)


async def convert(tools: Any, names: list[str]) -> list[str]:
    stage_1_source = from_async(tools.fetch, names)

    async def run_stage_2(stage_1):
        workspace = tools.make_workspace(len(stage_1))
        path = workspace.path
        stage_2 = await tools.unpack(stage_1, path)
        return rx.of([*stage_2, path])

    return await last_value_from(stage_1_source.pipe(concat_map(run_stage_2)))


async def convert_and_return(tools: Any, names: list[str]) -> list[str]:
    stage_1_source = from_async(tools.fetch, names)

    async def stage_2(stage_1):
        workspace = tools.make_workspace(len(stage_1))
        return rx.of(await tools.unpack_stage_2(stage_1, workspace.path))

    return await last_value_from(stage_1_source.pipe(concat_map(stage_2)))


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
    stage_1_source = from_async(tools.fetch, [*names, workspace.path])

    def run_stage_2(stage_1):
        nonlocal workspace
        del workspace
        return from_async(tools.unpack, stage_1, "elsewhere")

    stage_2 = await last_value_from(stage_1_source.pipe(concat_map(run_stage_2)))
    return stage_2
