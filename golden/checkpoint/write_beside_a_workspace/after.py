"""What is written has to be written while the workspace is still there."""

import reactivex as rx

from _operators import concat_map, do_action, from_async, last_value_from


async def index(tools, store, names):
    step_1_source = from_async(tools.fetch, names)

    async def run_step_2(step_1):
        workspace = tools.make_workspace(len(step_1))
        path = workspace.path
        await store.save_path(path)
        step_2 = await tools.unpack(step_1, path)
        return rx.of((step_2, path))

    return await last_value_from(step_1_source.pipe(concat_map(run_step_2)))


async def index_and_close(tools, store, names):
    step_1_source = from_async(tools.fetch, names)

    def after_step_1(step_1):
        workspace = tools.make_workspace(len(step_1))

        async def run_step_2(step_1):
            step_2 = await tools.unpack(step_1, workspace.path)
            workspace.close()
            return rx.of(step_2)

        return rx.of(step_1).pipe(
            do_action(lambda _: store.save_path(workspace.path)), concat_map(run_step_2)
        )

    return await last_value_from(step_1_source.pipe(concat_map(after_step_1)))
