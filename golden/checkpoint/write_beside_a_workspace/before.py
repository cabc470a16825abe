"""What is written has to be written while the workspace is still there."""


async def index(tools, store, names):
    step_1 = await tools.fetch(names)
    workspace = tools.make_workspace(len(step_1))
    path = workspace.path
    await store.save_path(path)
    step_2 = await tools.unpack(step_1, path)
    return step_2, path


async def index_and_close(tools, store, names):
    step_1 = await tools.fetch(names)
    workspace = tools.make_workspace(len(step_1))
    await store.save_path(workspace.path)
    step_2 = await tools.unpack(step_1, workspace.path)
    workspace.close()
    return step_2
